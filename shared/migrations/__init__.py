"""Migrations: Alembic, expand-only: the kernel's tables and then the service's own; the key database has its chain."""

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.service import Service

HERE = Path(__file__).parent
Chains = Sequence[tuple[Config, str]]
"""Each chain of revisions with the table that says how far it has come."""

LOCK_TIMEOUT = "5s"
"""How long a step waits for a table that is in use, before it gives up rather than hold everyone behind it."""


KEYS = "keys"
"""The name of the database of data keys, beside those of the services."""


async def migrate(service: Service, database_url: str) -> list[str]:
    """Bring the database to the newest revisions; return the ones that were applied, in order.

    Safe to run at once from several places: an advisory lock lets one through,
    and the others then find nothing to do.
    """
    return await _applied(_chains(service), database_url)


async def migrate_keys(database_url: str) -> list[str]:
    """Do the same for the key database."""
    return await _applied(KEYS_CHAIN, database_url)


async def pending(service: Service, database_url: str) -> list[str]:
    """Return the revisions that the database still lacks."""
    return await _lacking(_chains(service), database_url)


async def pending_keys(database_url: str) -> list[str]:
    """Return the revisions that the key database still lacks."""
    return await _lacking(KEYS_CHAIN, database_url)


async def _applied(chains: Chains, database_url: str) -> list[str]:
    engine = create_async_engine(_driver(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_migrate, chains)
    finally:
        await engine.dispose()


async def _lacking(chains: Chains, database_url: str) -> list[str]:
    engine = create_async_engine(_driver(database_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_pending, chains)
    finally:
        await engine.dispose()


def _driver(database_url: str) -> str:
    return database_url.replace("postgresql://", "postgresql+asyncpg://", 1)


def _chains(service: Service) -> Chains:
    return (
        (_config(HERE / "kernel"), "kernel_version"),
        (_config(service.folder / "migrations" / "versions"), f"{service.name}_version"),
    )


def _config(versions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions))
    return config


def _missing(connection: Connection, config: Config, table: str) -> list[str]:
    script = ScriptDirectory.from_config(config)
    heads = MigrationContext.configure(connection, opts={"version_table": table}).get_current_heads()
    applied = {item.revision for head in heads for item in script.iterate_revisions(head, "base")}
    every = [item.revision for item in script.walk_revisions() if item.revision not in applied]
    return every[::-1]


def _pending(connection: Connection, chains: Chains) -> list[str]:
    return [revision for config, table in chains for revision in _missing(connection, config, table)]


def _migrate(connection: Connection, chains: Chains) -> list[str]:
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('rapport.migrate'))"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    applied = []
    for config, table in chains:
        applied += _missing(connection, config, table)
        config.attributes.update(connection=connection, version_table=table)
        command.upgrade(config, "heads")
    return applied


KEYS_CHAIN: Chains = ((_config(HERE / KEYS), "keys_version"),)
