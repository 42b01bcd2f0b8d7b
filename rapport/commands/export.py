"""`rapport export`: everything about a customer as one archive."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from rapport.commands.opened import opened
from rapport.output import Json, console, failing_clearly, print_json
from services.contact.adapters.archive import Exporting
from services.contact.domain.customer import CUSTOMER
from services.contact.domain.erasure import refuse_erased
from shared.clock import system_clock
from shared.errors import Missing
from shared.handle import Handler
from shared.merging import group


def export(
    customer: Annotated[UUID, typer.Argument(help="The customer's id.")],
    to: Annotated[Path | None, typer.Option(help="The file to write; customer-<id>.zip by default.")] = None,
    as_json: Json = False,
) -> None:
    """Write everything that all services know about a customer into a zip file: JSON, and a page to read.

    Exit codes: 0 written, 1 there is no such customer, or no more, 2 wrong usage.

    Example: `rapport export 0198c0de-7a11-7c3e-8f00-00000000000c --to anna.zip`
    """
    file = to or Path(f"customer-{customer}.zip")
    with failing_clearly():
        archive = asyncio.run(_archive(customer))
        file.touch(mode=0o600)
        file.write_bytes(archive)
    if as_json:
        print_json({"file": str(file), "bytes": len(archive)})
    else:
        console.print(f"Written to {file}: it holds personal data in clear.", markup=False, soft_wrap=True)


async def _archive(customer: UUID) -> bytes:
    async with opened("contact") as at:
        handler = Handler(at.store)
        found = await group(at.pool, str(customer))
        await _must_be_whole(handler, customer)
        archive = await Exporting(at.pool, at.vault).archive(customer, found, system_clock())
        await _must_be_whole(handler, customer)
    return archive


async def _must_be_whole(handler: Handler, customer: UUID) -> None:
    known = (await handler.load(CUSTOMER, CUSTOMER.stream(customer))).state
    refuse_erased(customer, known.erasure)
    if not known.registered:
        raise Missing("customer-unknown", f"There is no customer {customer}.")
