"""`rapport keys`: which master keys wrap the data keys, and changing to another one while everything runs."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from rapport.commands.opened import opened
from rapport.output import Json, console, errors, failing_clearly, print_json
from rapport.stack import BOOTSTRAP, environment
from services.contact.adapters.erasures import Erasures
from shared.privacy.opening import vault_of
from shared.privacy.rotation import rotate as rewrap
from shared.privacy.vault import Vault
from shared.settings import KernelSettings, read
from shared.stack.stack import Stack

app = typer.Typer(help="Master keys: they wrap the data keys, by which personal data is sealed.", no_args_is_help=True)

DESTROYED = "destroyed"


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the master keys with the number of data keys that each wraps.

    Example: `rapport keys list`
    """

    async def found() -> tuple[str, dict[str, int]]:
        async with _vault() as vault:
            return vault.masters.current, {name or DESTROYED: n for name, n in (await vault.keys.count()).items()}

    with failing_clearly():
        current, counts = asyncio.run(found())
    counts = {current: 0, **counts}
    if as_json:
        print_json({"current": current, "data_keys": counts})
        return
    table = Table("master key", "data keys", "")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}", "wraps new ones" if name == current else "")
    console.print(table)


@app.command("rotate")
def rotate(
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Data keys that are wrapped anew at a time.")] = 500,
    as_json: Json = False,
) -> None:
    """Wrap every data key by the first of MASTER_KEYS. Everything goes on meanwhile; broken off, just run it again.

    First put the new key before the old one, in MASTER_KEYS of every process. Once this is done, take the old one out.

    Example: `MASTER_KEYS=2027:...,2026:... rapport keys rotate`
    """

    async def done() -> int:
        async with _vault() as vault:
            with Progress(console=errors, disable=not errors.is_terminal) as progress:
                task = progress.add_task(f"wrapping by {vault.masters.current}", total=None)
                return await rewrap(vault, batch, lambda count: progress.update(task, advance=count))

    with failing_clearly():
        count = asyncio.run(done())
    if as_json:
        print_json({"wrapped_anew": count})
    else:
        console.print(f"{count:,} data keys are wrapped anew. The old master key may be taken out of MASTER_KEYS.")


@app.command("erase-again")
def erase_again(as_json: Json = False) -> None:
    """Destroy the keys of everyone who was erased: a key database restored from a backup has some of them again.

    Example: `rapport keys erase-again`
    """

    async def done() -> int:
        async with opened("contact") as at:
            erased = [str(customer) for customer in await Erasures(at.pool).erased()]
            for start in range(0, len(erased), 1000):
                await at.vault.destroy(erased[start : start + 1000])
        return len(erased)

    with failing_clearly():
        count = asyncio.run(done())
    if as_json:
        print_json({"erased": count})
    else:
        console.print(f"{count:,} erased customers have no key.")


@asynccontextmanager
async def _vault() -> AsyncIterator[Vault]:
    os.environ.update({name: url for name, url in environment(Stack(), ()).items() if name != BOOTSTRAP})
    async with vault_of(read(KernelSettings, kafka_bootstrap_servers="not needed for keys")) as vault:
        yield vault
