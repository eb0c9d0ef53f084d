"""The entry point: `mra-gateway …` and `python -m mra_gateway …`."""

from __future__ import annotations


def main() -> None:
    """Runs the command line and exits."""
    from mra_gateway.cli.program import app

    app(prog_name="mra-gateway")


if __name__ == "__main__":
    main()
