"""The real purchase log, counted as the tests of scoring need it."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.scoring.contracts.contact import PurchaseRecorded
from shared.store.contract import Recorded

LOG = Path(__file__).parents[2] / "rapport" / "demo" / "cdnow" / "CDNOW_master.txt"
SAMPLE = Path(__file__).with_name("cdnow_sample.txt")
LAST_DAY = date(1998, 6, 30)


class Purchase(NamedTuple):
    """A row of the log."""

    customer: int
    day: date
    amount: Decimal


@cache
def log() -> list[Purchase]:
    """Return all 69,659 purchases."""
    rows = (line.split() for line in LOG.read_text().splitlines())
    return [
        Purchase(int(row[0]), datetime.strptime(row[1], "%Y%m%d").replace(tzinfo=UTC).date(), Decimal(row[3]))
        for row in rows
        if row and row[0].isdigit()
    ]


def sample() -> set[int]:
    """Return the customers of the published 1/10 sample."""
    lines = [line for line in SAMPLE.read_text().splitlines() if not line.startswith("#")]
    return {int(number) for line in lines for number in line.split()}


def histories(customers: Collection[int], until: date) -> NDArray[np.int64]:
    """Return x, t_x and T (days) of the customers as observed until the end of `until`; shape (3, N)."""
    days: dict[int, set[int]] = {customer: set() for customer in customers}
    for purchase in log():
        if purchase.customer in days and purchase.day <= until:
            days[purchase.customer].add(purchase.day.toordinal())
    end = until.toordinal()
    counted = [(len(found) - 1, max(found) - min(found), end - min(found)) for found in days.values() if found]
    return np.array(counted, dtype=np.int64).T


def recorded() -> list[Recorded]:
    """Return the log as contact's events."""
    return [purchase_event(number, item) for number, item in enumerate(log(), start=1)]


def purchase_event(number: int, item: Purchase) -> Recorded:
    """Return one purchase as contact's event."""
    customer = UUID(int=item.customer)
    at = datetime(item.day.year, item.day.month, item.day.day, tzinfo=UTC)
    event = PurchaseRecorded(customer, item.amount, "USD")
    stream = f"purchase-cdnow-{number}"
    return Recorded("contact", stream, 1, number, 0, str(customer), "purchase-recorded", 1, event, b"", at, at, {})
