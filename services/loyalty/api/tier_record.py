"""What a member's tier follows from, as of a moment: of merged members, all that they earned and were granted."""

from msgspec import Struct

from services.loyalty.api.membership import Members
from services.loyalty.domain.tiers.decider import ENROLMENT, basis_of
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.together import record_of_all
from services.loyalty.domain.tiers.versions import Tables
from shared.errors import Missing
from shared.http import Call
from shared.http.moments import Asked


class Standing(Struct, frozen=True):
    """The record of those who answer as one, and the tables of their programme."""

    programme: str
    record: Record
    tables: Tables


async def load_standing(call: Call, members: Members, at: Asked) -> Standing:
    """Return what the tier follows from. Raises Missing where the programme has no tiers.

    A version of the programme counts as soon as it was known, from whenever it says: also one that was
    published after the moment that is asked about.
    """
    promises = members.promises
    if not tables_of(promises.programme):
        raise Missing("no-tiers", "The member's programme has no tiers.")
    name = promises.programme_id
    bases = [basis_of(name, promises.programme, account) for account in members.accounts.values()]
    enrolments = [await _enrolment(call, member, at) for member in members.accounts]
    return Standing(name, record_of_all(bases, enrolments), bases[0].tables)


async def _enrolment(call: Call, member: str, at: Asked) -> Enrolment:
    try:
        return (await call.load_at(ENROLMENT, ENROLMENT.stream(member), at)).state
    except Missing:
        return Enrolment()
