"""What keeps a member on a tier that they don't earn: the grace after a review, and grants by hand."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from services.loyalty.domain.tiers.period import ALWAYS
from services.loyalty.domain.tiers.record import Grant
from services.loyalty.domain.tiers.versions import Tables, carried, index_at
from services.loyalty.domain.tiers.walk import Reason, Span, Step


class Hold(Struct, frozen=True):
    """A rank in a version's table that is kept for since <= time < until, and why it is lost when that is over."""

    since: datetime
    until: datetime
    rank: int
    version: int
    begins: Reason
    ends: Reason
    span: Span | None = None

    def rank_in(self, tables: Tables, version: int) -> int:
        """Return what the rank has become in a later version."""
        return carried(self.rank, tables, self.version, version)


def graces(steps: Sequence[Step], tables: Tables) -> Iterator[Hold]:
    """Yield a hold for each loss at a review, for as long as the table of that review lets it wait."""
    start = Step(ALWAYS, 0, 0, Reason.REACHED, Span(ALWAYS, ALWAYS))
    for before, step in pairwise([start, *steps]):
        if step.rank < before.rank and step.reason in (Reason.REVIEW, Reason.SOFT_LANDING):
            until = tables[step.version].table.lost_at(step.at)
            if until > step.at:
                yield Hold(step.at, until, before.rank, step.version, step.reason, step.reason, step.span)


def granted(grants: Iterable[Grant], tables: Tables) -> Iterator[Hold]:
    """Yield a hold for each grant; of a tier that no table knew by the grant's beginning, none."""
    for grant in grants:
        for version in range(index_at(tables, grant.since), -1, -1):
            rank = tables[version].table.rank(grant.tier)
            if rank is not None:
                if grant.since < grant.until:
                    yield Hold(grant.since, grant.until, rank, version, Reason.GRANTED, Reason.GRANT_ENDED)
                break
