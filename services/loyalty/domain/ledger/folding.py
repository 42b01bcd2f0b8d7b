"""Many events at once: what one after the other comes to, without a copy of all lots for each of them.

A long account is mostly facts that earned. What they add is gathered, and becomes an
account when an event of another kind comes, or none any more.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from typing import Any

from msgspec import structs

from services.loyalty.domain.earning.judging import Earnings as Judgements
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import Event, FactJudged, PointsEarned
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.fold.earning import filled
from services.loyalty.domain.ledger.fold.qualified import qualifying
from services.loyalty.domain.ledger.lifetime import lives_by_activity
from services.loyalty.domain.ledger.lot import Lot
from services.loyalty.domain.tiers.earnings import Earning, Earnings

FEW = 6
"""Of so many events each may as well copy the account."""


def evolve_all(account: Account, events: Iterable[Event]) -> Account:
    """Return the account as it is after all of `events`, which is what `evolve` of each, in turn, gives."""
    several = [*events]
    return reduce(evolve, several, account) if len(several) <= FEW else gathered(account, several)


def gathered(account: Account, events: Iterable[Event]) -> Account:
    """Return the same, however few they are, by gathering what can be."""
    gathering = _Gathering(account)
    for event in events:
        if not gathering.takes(event):
            gathering = _Gathering(evolve(gathering.account, event))
    return gathering.account


class _Gathering:
    """An account, and what facts that came in the order of time, and repaid no debt, have added to it since."""

    def __init__(self, account: Account) -> None:
        self._before = account
        self._customer_id = account.customer_id
        self._lots = {**account.kept}
        self._renews = account.renews
        self._earned: dict[str, list[Earning]] = defaultdict(list)
        self._judged = {**account.earnings.judged}
        self._standing = {**account.standing}
        self._last = next(reversed(self._judged.values())).place if self._judged else None

    def takes(self, event: Event) -> bool:
        """Gather an event; False where it does more than add, so that it has to be folded by itself."""
        if isinstance(event, PointsEarned):
            return self._takes_lot(event)
        return isinstance(event, FactJudged) and self._takes_fact(event)

    def _takes_lot(self, event: PointsEarned) -> bool:
        name = event.lot_id
        if event.debt_repaid or name in self._before.waiting:
            return False
        lot = self._lots[name] = filled(self._lots.get(name) or Lot(name), event)
        self._renews = self._renews or lives_by_activity(lot.terms)
        self._earned[event.points_currency].append(qualifying(event))
        self._customer_id = event.customer_id
        return True

    def _takes_fact(self, event: FactJudged) -> bool:
        judged, key = event.judged, event.judged.key
        late = self._last is not None and judged.place < self._last
        if event.refund_id or late or key in self._judged or key in self._before.waiting:
            return False
        self._judged[key], self._standing[key] = judged, event.stands
        self._last, self._customer_id = judged.place, event.customer_id
        return True

    @property
    def account(self) -> Account:
        """The account with all that was gathered."""
        before = self._before
        changed: dict[str, Any] = {}
        if self._earned:
            more = {code: before.qualified.get(code, Earnings()).all_earned(own) for code, own in self._earned.items()}
            changed = {"kept": self._lots, "renews": self._renews, "qualified": {**before.qualified, **more}}
        if len(self._judged) > len(before.earnings.judged):
            changed["earnings"] = Judgements(self._judged, before.earnings.awaited)
            changed["standing"] = self._standing
        return structs.replace(before, customer_id=self._customer_id, **changed) if changed else before
