"""What members are promised, as commands and answers need it: by the programme that each of them belongs to."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Query

from services.loyalty.adapters.programme_names import programme_names
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.streams import Streams
from services.loyalty.policies.judging import Judging, Promised
from services.loyalty.settings import LoyaltySettings
from shared.errors import Invalid, Missing
from shared.http import Call
from shared.http.kit import Kit
from shared.store.contract import NOW, Moment

InCurrency = Annotated[str | None, Query(description="The point currency; the programme's main one by default.")]
"""A route's parameter: which of the member's currencies is meant."""


def currency_among(declared: Declared, asked: str | None, field: str = "currency") -> str:
    """Return the currency that is asked for, or the main one.

    Raises Invalid, which names the field, where the programme declares no such currency.
    """
    if asked is not None and asked not in declared.codes:
        raise Invalid([(field, f"must be one of {', '.join(declared.codes)}")])
    return asked or declared.main


def built_in(call: Call) -> Document:
    """Return the built-in programme, which the settings make."""
    return _settings(call).built_in


def usual_programme(call: Call) -> str:
    """Return the id of the programme of members who chose none; "" where that is the built-in one."""
    return _settings(call).programme


def judging_of(call: Call) -> Judging:
    """Return how commands are decided by what each member was promised: one for the process, as it compiles rules."""
    return call.kit.kept(_judging)


def _judging(kit: Kit) -> Judging:
    own = cast("LoyaltySettings", kit.own_settings)
    return Judging(Promised(own.built_in, own.programme))


async def promises_of(call: Call, account: Account | None = None, at: Moment = NOW) -> Promises:
    """Return what a member was promised, by what was known at the moment; without an account, what is usual.

    A version counts as soon as it was known, from whenever it says.
    """
    return await _promises(call, (account.programme if account else "") or usual_programme(call), at)


async def promises_by(call: Call, programme: str) -> Promises:
    """Return what members of a programme are promised ("": of the usual one)."""
    return await _promises(call, programme or usual_programme(call), NOW)


async def _promises(call: Call, name: str, at: Moment) -> Promises:
    plain = built_in(call)
    if not name:
        return Promises(plain)
    try:
        loaded = await call.load_at(PROGRAMME, PROGRAMME.stream(name), Moment(None, at.known_at))
    except Missing:  # it wasn't known then
        return Promises(plain, name)
    return Promises(plain, name, loaded.state)


def promised_in(call: Call, streams: Streams, customer_id: UUID) -> Promises:
    """Return what a member was promised, as it is at the moment of a decision over several streams."""
    name = streams.state(ACCOUNT, customer_id).programme or usual_programme(call)
    programme = streams.state(PROGRAMME, name) if name else Programme()
    return Promises(built_in(call), name, programme)


async def all_promises(call: Call, at: Moment = NOW) -> list[Promises]:
    """Return what any member may have been promised, the usual programme first, then the others by their names."""
    usual = usual_programme(call)
    names = [usual, *(name for name in await programme_names(call.kit.pool) if name != usual)]
    return [await _promises(call, name, at) for name in names]


async def spendable_currency(call: Call, asked: str | None) -> str:
    """Return a currency that a reward can be paid with: the usual programme's main one, or any of some programme.

    Raises Invalid where no programme declares it, and Rejected where all that do only count it towards tiers.
    """
    usual = (await promises_of(call)).at(call.now).declared()
    if asked is None or asked in usual.spendable:
        return asked or usual.main
    declared = [promises.at(call.now).declared() for promises in await all_promises(call)]
    if not any(asked in one.spendable for one in declared):
        one = next((one for one in declared if asked in one.codes), usual)
        one.must_be_spendable(currency_among(one, asked, "points_currency"))
    return asked


async def must_be_published(call: Call, programme_id: str) -> None:
    """Raise Invalid, which names the field, where nothing of a programme was ever published."""
    loaded = await call.load(PROGRAMME, PROGRAMME.stream(programme_id))
    if not loaded.version:
        raise Invalid([("programme", f"names no programme that was published: {programme_id}")])


def _settings(call: Call) -> LoyaltySettings:
    return cast("LoyaltySettings", call.kit.own_settings)
