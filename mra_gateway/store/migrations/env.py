"""Runs the revisions over the connection that `store/migrate.py` hands in."""

from __future__ import annotations

from alembic import context

from mra_gateway.store.every_table import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
