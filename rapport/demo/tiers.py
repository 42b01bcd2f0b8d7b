"""How many members had which tier at a moment that has passed: by loyalty's own walk over what they earned.

What is over by now was never booked: loyalty books a tier that somebody has, and reckons any other when it is asked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from rapport.demo.measure import Measured
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.tiers.earnings import Earning, of
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.record import Record
from services.loyalty.domain.tiers.versions import InForce, Tables


async def members_by_tier(
    measured: Measured, document: Document, moments: Iterable[datetime]
) -> Mapping[datetime, Mapping[str, int]]:
    """Return the members of each tier at each moment, by a programme's document; the demo's log has no refunds."""
    table = document.tier_table()
    assert table is not None, "the demo's programme has tiers"  # noqa: S101 - for the type checker
    first, second, *_ = table.tiers
    risen = [one for one in _records(await measured.earned()) if one.earnings.sums.points[-1] >= second.threshold]
    found: dict[datetime, Mapping[str, int]] = {}
    for moment in moments:
        tiers = _tiers(risen, (InForce(table),), moment)
        others = await measured.members(moment) - sum(tiers.values())
        found[moment] = {**tiers, first.name: tiers[first.name] + others}
    return found


def _tiers(records: Iterable[Record], tables: Tables, moment: datetime) -> Counter[str]:
    began = (one for one in records if one.earnings.sums.times[0] <= moment)
    return Counter(tier_at(one, tables, moment) for one in began)


def _records(rows: Iterable[Any]) -> Iterable[Record]:
    for _, group in groupby(rows, itemgetter(0)):
        yield Record(of(Earning(lot, at, points) for _, lot, at, points in group))
