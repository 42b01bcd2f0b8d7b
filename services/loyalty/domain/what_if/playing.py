"""Plays one account: its facts in the order in which they were told, by what counts instead of what counted."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec import structs

from services.loyalty.domain.earning.budget import used_between
from services.loyalty.domain.earning.judged import Judged, key_of
from services.loyalty.domain.earning.judging import (
    Earnings,
    MemberAt,
    by_orders,
    judged_again,
    judged_anew,
    with_return,
)
from services.loyalty.domain.earning.known import Known
from services.loyalty.domain.ledger.events import (
    AccountClosed,
    Event,
    FactJudged,
    MemberEnrolled,
    PointsEarned,
    PointsReversed,
)
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.rules.fact import NOTHING, Fact, Member
from services.loyalty.domain.tiers.earnings import of
from services.loyalty.domain.tiers.period import ALWAYS
from services.loyalty.domain.tiers.record import Grant
from services.loyalty.domain.what_if.alternative import Books, WhatIfBook
from services.loyalty.domain.what_if.plain import Plain
from services.loyalty.domain.what_if.shares import Shares, Use
from services.loyalty.domain.what_if.side import Side, as_booked, as_judged


class Told(NamedTuple):
    """An event of an account, its place in the log, and how many versions of the programme were published before."""

    position: int
    known: int
    event: Event


class Play:
    """An account while it is played. Facts of before the period stay as they are, those of after it are left out.

    `real` is what the log says, `simulated` what is decided here. Of a member, what
    isn't known from their facts alone is what was known then.
    """

    def __init__(self, books: Books, shares: Shares, grants: Sequence[Grant] = ()) -> None:
        self.real, self.simulated = Side(), Side()
        self.earnings = Earnings()
        self.booked: dict[str, Judged] = {}
        self.plain = Plain()
        self.uses: list[Use] = []
        self._refunded: dict[str, Decimal] = {}
        self.grants = grants
        self.enrolled_at: datetime | None = None
        self._closed = False
        self._known = 0  # so many versions were known, for certain, when this account's last fact was judged
        self._books, self._shares = books, shares
        self._asked = books.alternative.asked

    def take(self, told: Told) -> None:
        """Play one event."""
        match told.event:
            case FactJudged():
                if told.event.programme_id == self._asked.programme_id:
                    self._fact(told, told.event)
            case AccountClosed():
                self._closed = True
            case MemberEnrolled(enrolled_at=enrolled_at):
                self.enrolled_at = enrolled_at
            case PointsEarned() | PointsReversed():
                self.plain.take(told.event, self._asked.until)
                self._plain(told, told.event)
            case _:
                pass  # what else happens to points is the same on both sides

    def facts(self) -> Iterable[tuple[Judged, Judged]]:
        """Yield what became of each fact of the period, and what would have become of it."""
        for key, judged in self.earnings.judged.items():
            if self._asked.since <= judged.fact.occurred_at:
                yield self.booked[key], judged

    def refunded(self, key: str) -> Decimal:
        """Return what was paid back of a fact until the end of the period."""
        return self._refunded.get(key, NOTHING)

    def _fact(self, told: Told, event: FactJudged) -> None:
        judged = event.judged
        key, at = judged.key, judged.fact.occurred_at
        known = self.booked.get(key)
        self.booked[key] = judged
        if at >= self._asked.until:
            self._note(told.position, known, judged, self._book(told, judged))
            return
        moved_at = at if not event.refund_id else event.refunded_at or ALWAYS
        self.real.let_stand(key, as_booked(event, self.real.stands.get(key, {})), moved_at)
        if event.refund_id and moved_at < self._asked.until:
            self._refunded[key] = self._refunded.get(key, NOTHING) + event.amount
        self._stand(self._changed(told, event, known), moved_at if event.refund_id else None)

    def _stand(self, found: Sequence[Judged], first_at: datetime | None = None) -> None:
        """Let facts stand for what they earn now; that changed when they happened, the first where a moment is told."""
        for one in found:
            self.earnings = self.earnings.having(one)
            most = self.simulated.stands.get(one.key, {}) if self._closed else None
            self.simulated.let_stand(one.key, as_judged(one, most), first_at or one.fact.occurred_at)
            first_at = None

    def _plain(self, told: Told, event: PointsEarned | PointsReversed) -> None:
        """Judge again what an order that no programme judges, or a return of it, may have cost or given a tier."""
        book = self._books.known(self._known)
        if not self.earnings.judged or event.lot_id != lot_id(event.source, event.order_id) or not book.heeds_tiers:
            return
        at = event.earned_at if isinstance(event, PointsEarned) else event.refunded_at or ALWAYS
        self._stand(self._again(self.earnings, told, book, max(at, self._asked.since)))

    def _changed(self, told: Told, event: FactJudged, known: Judged | None) -> Sequence[Judged]:
        """Return what becomes of the fact, and of others by it."""
        judged = event.judged
        fact, book = judged.fact, self._book(told, judged)
        if known is None and (fact.occurred_at >= self._asked.since or self._follows()):
            return self._told(told, fact, book)
        if fact.occurred_at < self._asked.since:
            self._note(told.position, known, judged, book)
            again = self._again(self.earnings.having(judged), told, book, self._asked.since) if self._follows() else ()
            return (judged, *again)
        if event.refund_id:
            return self._returned(told, event)
        # Another fact was told late, a version was back-dated, or more is known of the member: so it is here.
        return self._again(self.earnings, told, book, fact.occurred_at)

    def _returned(self, told: Told, event: FactJudged) -> Sequence[Judged]:
        """Return what is left of a fact, and what becomes of others where it costs a tier."""
        key, book = event.judged.key, self._books.known(self._known)
        earnings = with_return(self.earnings, key, event.amount, book, event.refunded_at)
        after = earnings.find(key)
        if after is None:
            return ()
        again = self._again(earnings, told, book, after.fact.occurred_at) if book.heeds_tiers else ()
        return (after, *again)

    def _follows(self) -> bool:
        """Tell whether a fact of the period, which happened later, was told before this one."""
        known = self.earnings.judged
        return bool(known) and next(reversed(known.values())).fact.occurred_at >= self._asked.since

    def _told(self, told: Told, fact: Fact, book: WhatIfBook) -> Sequence[Judged]:
        if not book.ever_shares:
            return judged_anew(self.earnings, fact, book, self._member_at(book), {})
        budgets = self._shares.before(told.position)
        return self._using(told, self.earnings, judged_anew(self.earnings, fact, book, self._member_at(book), budgets))

    def _again(self, earnings: Earnings, told: Told, book: WhatIfBook, since: datetime) -> Sequence[Judged]:
        """Judge the facts from a moment on again, by what is known now."""
        budgets = self._shares.before(told.position) if book.ever_shares else {}
        return self._using(told, earnings, judged_again(earnings, book, self._member_at(book), since, budgets))

    def _using(self, told: Told, before: Earnings, found: Sequence[Judged]) -> Sequence[Judged]:
        """Note what these judgements use of shared limits."""
        if not found:
            return found
        after = before
        for one in found:
            after = after.having(one)
        self.uses += (Use(told.position, *use) for use in used_between(before, after).items())
        return found

    def _note(self, position: int, known: Judged | None, judged: Judged, book: WhatIfBook) -> None:
        """Note what a fact of before or after the period really used of shared limits: it was left to nobody else."""
        if book.ever_shares:
            before = Earnings() if known is None else Earnings({known.key: known})
            used = used_between(before, Earnings({judged.key: judged}))
            self.uses += (Use(position, *use) for use in used.items())

    def _book(self, told: Told, judged: Judged) -> WhatIfBook:
        """Return the rules as they were known when the fact was judged; a return leaves its version as it was."""
        version, at = judged.trace.version, judged.fact.occurred_at
        known = self._books.known_to(version, at, told.known) if version else told.known
        self._known = max(self._known, known)
        return self._books.known(known)

    def _member_at(self, book: WhatIfBook) -> MemberAt:
        """Return what tells what was known before a fact: orders and tier by what is simulated, all else as it was.

        Where no rules earn by tiers, each is left what it was, as following it costs time.
        """
        known: Known | None = None
        if book.heeds_tiers:
            plain = of(self.plain.earned(book.tables[-1].table.currency))
            known = Known(book, plain, tuple(self.grants), self.enrolled_at)

        def member_at(fact: Fact, before: Sequence[Judged]) -> Member:
            member = self.booked[key_of(fact)].member
            found = by_orders(fact, before) if known is None else known(fact, before)
            tier = member.tier if known is None else found.tier
            if (member.orders, member.tier) == (found.orders, tier):
                return member
            return structs.replace(member, orders=found.orders, tier=tier)

        return member_at
