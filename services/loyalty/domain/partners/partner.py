"""A partner as decisions need it: the agreement, the prepaid points, and the open months' sums."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from services.loyalty.domain.partners.agreement import Agreement
from services.loyalty.domain.partners.entry import Entry


class Sums(Struct, frozen=True):
    """What a month has come to: amounts by kind of entry, and the number of entries."""

    amounts: dict[str, Decimal] = {}
    entries: int = 0

    @property
    def total(self) -> Decimal:
        """What the month adds to what the partner owes."""
        return sum(self.amounts.values(), Decimal(0))


class Partner(Struct, frozen=True):
    """One partner. `open` are the sums of months that aren't closed; `balance` is what was owed when the last was.

    `entries` are those alone that were booked before an entry had a stream of its own.
    """

    agreement: Agreement | None = None
    pack: int = 0
    entries: dict[str, Entry] = {}
    open: dict[date, Sums] = {}
    closed_until: date | None = None
    balance: Decimal = Decimal(0)

    @property
    def owes(self) -> Decimal:
        """What the partner owes by all that is booked; negative: what we owe."""
        return self.balance + sum((sums.total for sums in self.open.values()), Decimal(0))


def entry_id(source: str, event: str) -> str:
    """Return the name of an entry; it is what makes it count once."""
    return f"{source}:{event}"
