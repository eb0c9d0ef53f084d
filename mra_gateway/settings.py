"""Settings of one home: paths, limits, addresses. Secrets by reference, never by value.

Read from `gateway.toml` in the home, overridden by environment variables `MRA_GATEWAY_…`
(`MRA_GATEWAY_DATABASE__URL=…`).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import Environment

FILE_NAME = "gateway.toml"


def data_folder(name: Literal["schemas", "partners"]) -> Path:
    """Returns a folder of files that travel with the product: in the wheel, or in a checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "_data" / name
    return packaged if packaged.is_dir() else package.parent / name


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseSettings(_Section):
    """Where the store is.

    Attributes:
        url: SQLAlchemy URL. Empty: SQLite, `gateway.db` in the home. PostgreSQL:
            `postgresql+asyncpg://user@host/name`.
        password_file: File that holds the PostgreSQL password, when the URL names none.
    """

    url: str = ""
    password_file: Path | None = None


class PartnerApiSettings(_Section):
    """The partner API: mutual TLS, its own port."""

    host: str = "0.0.0.0"  # noqa: S104 - partners reach it from outside
    port: int = Field(default=8443, ge=0, le=65535)
    public_url: str | None = None
    max_bytes: int = Field(default=8_000_000, ge=10_000)
    max_records: int = Field(default=1000, ge=1, le=1000)
    request_seconds: float = Field(default=30.0, gt=0)
    requests_per_minute: int = Field(default=60_000, ge=1)
    at_once: int = Field(default=16, ge=1)


class NationalApiSettings(_Section):
    """The national API: JSON with API keys; behind the administration's own perimeter."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    max_bytes: int = Field(default=4_000_000, ge=10_000)
    request_seconds: float = Field(default=30.0, gt=0)
    requests_per_minute: int = Field(default=60_000, ge=1)


class KeySettings(_Section):
    """Own keys. The password files are referred to, never copied.

    Attributes:
        signing_key: Encrypted PKCS#8 of the signing key.
        signing_certificate: Its certificate.
        next_signing_certificate: Certificate of the key that comes next, for cards.
        tls_key: Key of the TLS certificate; never the signing key.
    """

    signing_key: Path = Path("keys/signing.key.pem")
    signing_certificate: Path = Path("keys/signing.cert.pem")
    signing_anchor: Path = Path("keys/anchor.cert.pem")
    tls_key: Path = Path("keys/tls.key.pem")
    tls_certificate: Path = Path("keys/tls.cert.pem")
    tls_anchor: Path = Path("keys/tls-anchor.cert.pem")
    password_file: Path = Path("keys/password")


class DeliverySettings(_Section):
    """How messages are sent: back-off doubles with jitter between the two bounds.

    Attributes:
        merge: Whether waiting changes are merged into one message (up to 1,000).
        alert_after_seconds: Age at which a message that is not settled raises an alert.
    """

    merge: bool = True
    first_retry_seconds: float = Field(default=60.0, gt=0)
    last_retry_seconds: float = Field(default=14_400.0, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0)
    alert_after_seconds: float = Field(default=3600.0, gt=0)
    poll_seconds: float = Field(default=1.0, gt=0)


class GuardSettings(_Section):
    """Guards that hold work for a second officer.

    Attributes:
        mass_change_share: A list or import that ends more than this share of what is held waits.
        mass_change_floor: Unless it ends no more than this many operators.
        clock_ahead_seconds: A message created further ahead of our clock is held.
        confirm_suspension_hours: Within which a second officer confirms a suspension of benefits;
            after them it is escalated, and stands.
    """

    mass_change_share: float = Field(default=0.2, gt=0, le=1)
    mass_change_floor: int = Field(default=5, ge=0)
    clock_ahead_seconds: float = Field(default=300.0, ge=0)
    confirm_suspension_hours: float = Field(default=24.0, gt=0)


class ExtractSettings(_Section):
    """The extract of recognised operators.

    Attributes:
        view_minutes: How often a running gateway looks whether the views `recognised_operators` and
            `recognised_numbers` show the extract that holds now, and takes it anew where they do
            not; 0: never by itself. Whoever is stopped meanwhile is left out at once; what is
            lifted or granted shows with the next take.
    """

    view_minutes: float = Field(default=0.0, ge=0)


class Settings(BaseSettings):
    """Everything that differs between two homes."""

    model_config = SettingsConfigDict(
        env_prefix="MRA_GATEWAY_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    home: Path = Field(exclude=True, validation_alias="settings_home")
    territory: Territory
    environment: Environment
    database: DatabaseSettings = DatabaseSettings()
    partner_api: PartnerApiSettings = PartnerApiSettings()
    national_api: NationalApiSettings = NationalApiSettings()
    keys: KeySettings = KeySettings()
    delivery: DeliverySettings = DeliverySettings()
    guard: GuardSettings = GuardSettings()
    extract: ExtractSettings = ExtractSettings()
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the hook's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Lets the environment win over the file, and nothing else in."""
        return env_settings, init_settings

    def path(self, relative: Path) -> Path:
        """Returns a path of the settings, seen from the home when it is relative."""
        return relative if relative.is_absolute() else self.home / relative

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database.url or f"sqlite:///{self.home / 'gateway.db'}"


def load_settings(home: Path) -> Settings:
    """Reads `gateway.toml` of a home; environment variables win over the file.

    Raises:
        SetupError: No such home, or a setting that is missing, unknown or out of range.
    """
    file = home / FILE_NAME
    if not file.is_file():
        raise SetupError(
            f"no {FILE_NAME} here; make a home with: mra-gateway init --home {home}",
            reason=Reason.HOME_MISSING,
            where=str(home),
        )
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return Settings(settings_home=home.resolve(), **values)
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"not valid TOML: {error}", where=str(file)) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SetupError(f"{key}: {first['msg']}", where=str(file)) from None
