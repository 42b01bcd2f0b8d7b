"""The runbook of the key database, followed to the letter: what is backed up comes back, whom we erased does not."""

import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from shared.migrations import migrate_keys, pending_keys
from shared.privacy.master_keys import EnvironmentMasterKeys
from shared.privacy.postgres_keys import PostgresKeyStore
from shared.privacy.vault import Vault
from shared.runtime.pool import connect
from shared.stack.postgres import Postgres, create_database, drop_database
from shared.stack.postgres_program import PROGRAMS
from tests.architecture.project import ROOT
from tests.privacy.test_rotation import opened, sealed_for

from .conftest import OLD

RUNBOOK = (ROOT / "docs" / "runbooks" / "key-database.md").read_text()
COMMANDS = [line.strip() for block in re.findall(r"```\n(.*?)```", RUNBOOK, re.DOTALL) for line in block.splitlines()]
BACKUP, MAKE, RESTORE = (command for command in COMMANDS if command)


def follow(command: str, folder: Path, postgres: Postgres) -> None:
    """Run a command of the runbook as an operator does, with the server's own programs."""
    host = parse_qs(urlsplit(postgres.url("postgres")).query)["host"][0]
    environment = {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "PGHOST": host,
        "PGUSER": "postgres",
        "KEYS_DATABASE_URL": postgres.url("keys_lost"),
        "RESTORED_URL": postgres.url("keys_restored"),
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"


@pytest.fixture
async def pool(postgres: Postgres) -> AsyncIterator[asyncpg.Pool]:
    """The key database that will be lost."""
    server = postgres.url("postgres")
    for name in ("keys_lost", "keys_restored"):
        await drop_database(server, name)
    await create_database(server, "keys_lost")
    await migrate_keys(postgres.url("keys_lost"))
    pool = await connect(postgres.url("keys_lost"), size=2)
    yield pool
    await pool.close()
    await drop_database(server, "keys_restored")


async def test_the_runbook_brings_the_keys_back(pool: asyncpg.Pool, postgres: Postgres, tmp_path: Path) -> None:
    masters = EnvironmentMasterKeys(OLD)
    lost = Vault(PostgresKeyStore(pool), masters)
    anna, ben = [await sealed_for(lost, name, f"{name}'s words") for name in ("anna", "ben")]
    follow(BACKUP, tmp_path, postgres)
    await lost.destroy(["ben"])
    await pool.close()
    await drop_database(postgres.url("postgres"), "keys_lost")

    follow(MAKE, tmp_path, postgres)
    follow(RESTORE, tmp_path, postgres)

    assert await pending_keys(postgres.url("keys_restored")) == []
    restored = await connect(postgres.url("keys_restored"), size=2)
    vault = Vault(PostgresKeyStore(restored), masters)
    assert await opened(vault, anna) == "anna's words"
    assert await opened(vault, ben) == "ben's words", "the backup has keys of people erased since: erase them again"
    await vault.destroy(["ben"])
    assert await opened(vault, ben) == "[erased]"
    await restored.close()
