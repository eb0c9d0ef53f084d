"""Canonical forms of the identifiers that customs administrations issue (pure)."""
