"""`rapport erase`: forget a customer for ever, waiting for it and telling each step."""

import asyncio
import getpass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from rapport.commands.opened import Opened, opened
from rapport.output import Json, console, failing_clearly, print_json
from services.contact.adapters.erasures import ErasureRow, Erasures, Step
from services.contact.domain.customer import CUSTOMER
from services.contact.domain.erasure import RequestErasure
from services.contact.service import erasing
from shared.clock import system_clock
from shared.handle import Handler
from shared.merging import group
from shared.policies.work import WorkingSet
from shared.store.contract import Context

Customer = Annotated[UUID, typer.Argument(help="The customer's id.")]


def erase(
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase a customer, and all who were found to be the same person. Nothing brings the data back: export it first.

    It waits until all is done; broken off, it is taken up again by contact's worker, or by the same command.
    Exit codes: 0 erased, 1 not, or not yet (the message says the next step), 2 wrong usage.

    Example: `rapport erase 0198c0de-7a11-7c3e-8f00-00000000000c --yes`
    """
    if not yes:
        typer.confirm(f"Erase customer {customer} for ever?", abort=True, err=True)
    with failing_clearly():
        row = asyncio.run(_erase(customer, lambda line: None if as_json else console.print(line, markup=False)))
    if as_json:
        print_json(row)


async def _erase(customer: UUID, tell: Any) -> ErasureRow:
    async with opened("contact") as at:
        members = await _request(at, customer)
        tell(f"erasing {', '.join(map(str, members))}")
        work = erasing(at.settings, at.pool, at.store, system_clock)
        done = await work.carry_out(customer, lambda _, step: tell(f"  {step.value} ..."))
    if done is None or done.step is not Step.DONE:
        raise ValueError(f"Customer {customer} isn't erased yet: run the command again.")
    tell("erased")
    return done


async def _request(at: Opened, customer: UUID) -> list[UUID]:
    """Record that the erasure is asked for, on the streams of all who are the same person."""
    now = datetime.now(UTC)
    members = [UUID(member) for member in (await group(at.pool, str(customer))).members]
    if (await Handler(at.store).load(CUSTOMER, CUSTOMER.stream(customer))).state.registered:
        await Erasures(at.pool).note(customer, members, now)
    work = WorkingSet(at.store, now)
    await work.load(map(CUSTOMER.stream, members))
    context = Context(now, now, actor=getpass.getuser())
    for member in members:
        work.handle(CUSTOMER, CUSTOMER.stream(member), RequestErasure(member), subject=str(member), context=context)
    await work.commit()
    return members
