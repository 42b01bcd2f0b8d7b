"""`rapport parked`: messages that couldn't be handled, and what to do with them."""

import asyncio
import getpass
from typing import Any

import typer
from rich.table import Table

from rapport.commands.arguments import OneService
from rapport.commands.opened import opened
from rapport.output import Json, console, failing_clearly, print_json
from shared.consumers.parking import unpack_headers
from shared.consumers.parking_lot import ParkedKey, Retried

app = typer.Typer(help="Messages that couldn't be handled wait under their key; all others flow.", no_args_is_help=True)


@app.command("list")
def list_parked(service: OneService, as_json: Json = False) -> None:
    """List the keys whose messages wait, oldest first.

    Example: `rapport parked list contact`
    """

    async def found() -> list[ParkedKey]:
        async with opened(service) as at:
            return list(await at.parking_lot.list())

    with failing_clearly():
        keys = asyncio.run(found())
    if as_json:
        print_json(keys)
        return
    table = Table("first id", "handler", "key", "messages", "since", "reason")
    for item in keys:
        since = item.since.isoformat(timespec="seconds")
        table.add_row(str(item.first_id), item.handler, item.key, str(item.messages), since, item.reason or "")
    console.print(table if keys else "Nothing is parked.")


@app.command("show")
def show(service: OneService, message_id: int, as_json: Json = False) -> None:
    """Show one parked message whole: its place, headers, raw bytes, and the reason.

    Example: `rapport parked show contact 17`
    """

    async def found() -> dict[str, Any]:
        async with opened(service) as at:
            return dict(await at.parking_lot.show(message_id))

    with failing_clearly():
        row = asyncio.run(found())
    row["headers"] = {
        name: None if value is None else value.decode(errors="replace")
        for name, value in unpack_headers(row["headers"])
    }
    row["value"] = None if row["value"] is None else row["value"].decode(errors="backslashreplace")
    row["record_key"] = None if row["record_key"] is None else row["record_key"].decode(errors="backslashreplace")
    if as_json:
        print_json(row)
    else:
        for name, value in row.items():
            console.print(f"{name:14} {value}", markup=False, highlight=False)


@app.command("retry")
def retry(service: OneService, handler: str, key: str, as_json: Json = False) -> None:
    """Handle a key's messages again, in order, up to the first that still fails. Exit code 1 when some still wait.

    Example: `rapport parked retry contact touchpoints purchase-shop-1001`
    """

    async def done() -> Retried:
        async with opened(service) as at:
            return await at.parking_lot.retry(handler, key)

    with failing_clearly():
        result = asyncio.run(done())
    if as_json:
        print_json(result)
    else:
        console.print(f"{result.handled} handled, {result.waiting} still wait. {result.reason or ''}", markup=False)
    if result.waiting:
        raise typer.Exit(1)


@app.command("discard")
def discard(service: OneService, message_id: int, as_json: Json = False) -> None:
    """Give up one message. It stays on record with your name; retry its key to let the others go on.

    Example: `rapport parked discard contact 17`
    """

    async def done() -> None:
        async with opened(service) as at:
            await at.parking_lot.discard(message_id, getpass.getuser())

    with failing_clearly():
        asyncio.run(done())
    if as_json:
        print_json({"discarded": message_id})
    else:
        console.print(f"Message {message_id} is discarded.")
