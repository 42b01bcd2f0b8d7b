"""A private PostgreSQL 18 from a wheel: Unix socket only, durable, kept running when we end."""

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

from shared.stack.errors import StackError
from shared.stack.postgres_program import PROGRAMS, as_postgres, own_by_postgres
from shared.stack.postgres_settings import SOCKET, settings, socket_folder
from shared.stack.processes import Process, last_words, running_in

START_SECONDS = 300
"""Long, because after a crash the server first replays up to 2 GB of its log."""

NEW_DATABASE_CLUSTER = (
    "--auth=trust",
    "--username=postgres",
    "--encoding=UTF8",
    # The same order of texts on every machine, whatever its language; and the fastest there is.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


class Postgres:
    """The PostgreSQL whose data is in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._log = self.folder / "log"

    def running(self) -> Process | None:
        """Return its process while it runs. The number that a crash left behind may be another's by now."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            found = psutil.Process(pid)
            ours = found.name().startswith("postgres") and found.cwd() == str(self.folder)
            return Process.of(pid) if ours and found.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, psutil.Error):
            return None

    def start(self) -> Process:
        """Start it unless it runs; return its process. A crash before is recovered from by PostgreSQL itself."""
        try:
            self._begin()
            if self.running() is None:
                self._clear_away()
                self._set()
                self._run(
                    "pg_ctl", "-w", "-t", str(START_SECONDS), "-D", str(self.folder), "-l", str(self._log), "start"
                )
        except (_Failed, OSError) as error:
            said = last_words(self._log) or error
            raise StackError(
                f"PostgreSQL didn't start ({said}): free some disk space, or remove {self.folder} to begin anew."
            ) from error
        process = self.running()
        if process is None:
            raise StackError(f"PostgreSQL ended at once ({last_words(self._log)}): {self._log} has more.")
        return process

    def _begin(self) -> None:
        """Make the folder, beside its place first: what a crash leaves half made is never taken for whole."""
        if (self.folder / "PG_VERSION").exists():
            return
        half = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        own_by_postgres(half)
        self._run("initdb", *NEW_DATABASE_CLUSTER, "-D", str(half))
        with (half / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'rapport.conf'\n")
        half.rename(self.folder)

    def _set(self) -> None:
        own = self.folder / "rapport.conf"
        own.write_text(settings(self.folder))
        own.chmod(0o644)
        sockets = socket_folder(self.folder)
        if not sockets.exists():
            sockets.mkdir(mode=0o700)
            own_by_postgres(sockets)
        elif sockets.stat().st_uid != self.folder.stat().st_uid:
            raise StackError(f"{sockets} belongs to someone else, and PostgreSQL needs it for its socket: remove it.")

    def _clear_away(self) -> None:
        """End what a killed server left running, and remove its notes: either keeps the next one from starting.

        The notes name a process by its number alone, which may be anyone's by now.
        """
        deadline = time.monotonic() + 1
        while left := list(running_in(self.folder, "postgres")):
            if time.monotonic() > deadline:
                for process in left:
                    process.kill()
            time.sleep(0.02)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (socket_folder(self.folder) / f"{SOCKET}.lock").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        # A file and no pipe: the server inherits it, and a pipe would stay open for as long as it runs.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
                [str(PROGRAMS / program), *arguments],
                check=False,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                **as_postgres(),
            )
            if done.returncode:
                said.seek(0)
                raise _Failed(_reason(said.read()) or f"{program} ended with {done.returncode}")

    def url(self, database: str) -> str:
        """Return the `postgresql://` address of one database."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(socket_folder(self.folder)), safe='/')}"

    def stop(self) -> None:
        """Stop it in order; data stays. Nothing happens when it doesn't run."""
        if self.running() is None:
            return
        try:
            self._run("pg_ctl", "-w", "-t", "20", "-m", "fast", "-D", str(self.folder), "stop")
        except _Failed:
            for process in running_in(self.folder, "postgres"):
                process.kill()
        if (sockets := socket_folder(self.folder)) != self.folder:
            shutil.rmtree(sockets, ignore_errors=True)

    def ensure_databases(self, names: Sequence[str]) -> dict[str, str]:
        """Create those of the databases that don't exist; return the address of each."""
        try:
            with ThreadPoolExecutor(1) as apart:  # whoever calls may have a loop of their own
                apart.submit(lambda: asyncio.run(_ensure_databases(self.url("postgres"), names))).result()
        except (asyncpg.PostgresError, OSError) as error:
            raise StackError(f"PostgreSQL can't make a database ({error}): mend that and start it again.") from error
        return {name: self.url(name) for name in names}


class _Failed(Exception):
    """One of PostgreSQL's programs ended with an error; the message is what it said."""


def _reason(said: str) -> str:
    """Return the line that tells what went wrong, of all that a program said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if "FATAL" in line or "error" in line or "could not" in line]
    return (wrong or lines or [""])[0]


async def _ensure_databases(server_url: str, names: Sequence[str]) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        known = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for name in names:
            if name not in known:
                await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


async def create_database(server_url: str, name: str, *, template: str = "template1") -> None:
    """Create a database on the server, as a copy of another one that nobody is connected to."""
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()


async def drop_database(server_url: str, name: str) -> None:
    """Drop a database, closing the connections that are still open to it."""
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
