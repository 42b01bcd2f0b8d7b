"""What a member's tier follows from, as of a moment: of merged members, all that they earned and were granted."""

from msgspec import Struct

from services.loyalty.api.membership import Members
from services.loyalty.api.promises import programme_of
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.tiers.decider import ENROLMENT, basis_of
from services.loyalty.domain.tiers.earnings import of
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.versions import Tables
from shared.errors import Missing
from shared.http import Call
from shared.http.moments import Asked
from shared.store.contract import Moment


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
    name = programme_of(call)
    loaded = await call.load_at(PROGRAMME, PROGRAMME.stream(name), Moment(None, at.known_at)) if name else None
    if loaded is None or not tables_of(loaded.state):
        raise Missing("no-tiers", "The member's programme has no tiers.")
    bases = [basis_of(name, loaded.state, account) for account in members.accounts.values()]
    enrolments = [await _enrolment(call, member, at) for member in members.accounts]
    record = Record(
        of(earning for basis in bases for earning in basis.earnings.entries),
        tuple(grant for enrolment in enrolments for grant in enrolment.grants),
        min((basis.enrolled_at for basis in bases if basis.enrolled_at), default=None),
    )
    return Standing(name, record, bases[0].tables)


async def _enrolment(call: Call, member: str, at: Asked) -> Enrolment:
    try:
        return (await call.load_at(ENROLMENT, ENROLMENT.stream(member), at)).state
    except Missing:
        return Enrolment()
