"""What was known of a member just before a fact: their tier and how often they had bought, whenever it was told."""

from collections.abc import Container, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.earning.judged import Judged, left_before
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.rules.fact import Fact, Member
from services.loyalty.domain.tiers.earnings import Earning, Earnings, of
from services.loyalty.domain.tiers.history import first, is_below_all, tier_at
from services.loyalty.domain.tiers.record import Grant, Record

NONE = Earnings()


class Known(Struct, frozen=True):
    """What is known of a member beside the facts that rules judge. Called, it tells what was known before a fact.

    `plain` are the qualifying points of orders that no programme judged, `grants` the
    tiers that were given by hand.
    """

    rulebook: Rulebook
    plain: Earnings = NONE
    grants: tuple[Grant, ...] = ()
    enrolled_at: datetime | None = None

    def __call__(self, fact: Fact, before: Sequence[Judged]) -> Member:
        """Return the member as known just before the fact; `before` are the facts before it, by event time."""
        return by_tier(self.tier_before(fact.occurred_at, before), before)

    def tier_before(self, moment: datetime, before: Sequence[Judged]) -> str:
        """Return the tier that the member had just before something at the moment; "" where there are none."""
        tables = self.rulebook.tables
        if not tables:
            return ""
        currency = tables[-1].table.currency
        earned = [*self._plain(moment), *self._judged(moment, before, currency)]
        points, events = sum(one.points for one in earned), sum(one.events for one in earned)
        if not self.grants and is_below_all(points, events, tables):
            return first(tables)
        return tier_at(Record(of(earned), self.grants, self.enrolled_at), tables, moment)

    def _plain(self, moment: datetime) -> Iterator[Earning]:
        for entry in self.plain.entries:
            if entry.at >= moment:
                return
            back = sum(item.points for item in entry.reversals if item.at < moment)
            yield Earning(entry.earning_id, entry.at, max(0, entry.points - back), entry.events)

    def _judged(self, moment: datetime, before: Sequence[Judged], currency: str) -> Iterator[Earning]:
        """Yield what the facts before count for; one of which all was taken back is still the member's first."""
        for one in before:
            points = one.trace.granted(currency)
            if points:
                left = left_before(one, moment, self.rulebook).granted(currency) if one.returned else points
                yield Earning(one.key, one.fact.occurred_at, left)


def by_tier(tier: str, before: Sequence[Judged]) -> Member:
    """Return a member of the tier, who had bought as often as the facts before tell."""
    return Member(tier, orders=sum(one.fact.trigger == "purchase" for one in before))


def plain_earnings(earnings: Earnings, judged: Container[str]) -> Earnings:
    """Return of all qualifying earnings those that no programme judged; `judged` are the names of the others."""
    plain = [entry for entry in earnings.entries if entry.earning_id not in judged]
    return of(plain) if plain else NONE
