"""The enrolment's decider: a customer's tier and grants, beside the account that their points are in."""

from datetime import datetime
from uuid import UUID

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.tiers.commands import Basis, BookTier, Command
from services.loyalty.domain.tiers.decide import decide
from services.loyalty.domain.tiers.earnings import Earnings
from services.loyalty.domain.tiers.enrolment import Enrolment, evolve, wakes
from services.loyalty.domain.tiers.events import Event, TierChanged
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.versions import Tables
from shared.decider import Decider, Look

NOBODY = UUID(int=0)


def basis_of(programme_id: str, programme: Programme, account: Account) -> Basis:
    """Return what a member's tier follows from, by their programme and their account."""
    return basis_of_tables(programme_id, tables_of(programme), account)


def basis_of_tables(programme_id: str, tables: Tables, account: Account) -> Basis:
    """Return the same, where the tables are known."""
    currency = tables[-1].table.currency if tables else ""
    return Basis(programme_id, tables, account.qualified.get(currency, Earnings()), account.enrolled_at)


def look(enrolment: Enrolment, now: datetime, seen: Look) -> BookTier:
    """Return what a woken enrolment is asked, with its account and its programme as they are then."""
    programme = seen(PROGRAMME, PROGRAMME.stream(enrolment.programme))
    account = seen(ACCOUNT, ACCOUNT.stream(enrolment.customer_id))
    return BookTier(enrolment.customer_id or NOBODY, basis_of(enrolment.programme, programme, account), now)


def happened(event: Event) -> datetime | None:
    """Return when a tier changed, be it booked later."""
    return event.at if isinstance(event, TierChanged) else None


ENROLMENT: Decider[Command, Event, Enrolment] = Decider(
    "enrolment", Enrolment(), decide, evolve, wakes=wakes, wake_looking=look, happened=happened
)
