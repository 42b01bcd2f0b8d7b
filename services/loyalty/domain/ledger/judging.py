"""Earning by a programme's rules: lots for what each effect grants, and what late facts and returns change of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.earning.budget import used_between
from services.loyalty.domain.earning.judged import Judged, key_of
from services.loyalty.domain.earning.judging import MemberAt, judged_again, judged_anew, with_return
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.earning.standing import standing
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import ReverseEarning
from services.loyalty.domain.ledger.events import (
    Event,
    FactJudged,
    MemberEnrolled,
    PointsEarned,
    PointsReversed,
    RefundRefused,
)
from services.loyalty.domain.ledger.evolve import evolve
from services.loyalty.domain.ledger.filling import filled
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.lot import lot_id as name_of
from services.loyalty.domain.ledger.policies import DebtPolicy
from services.loyalty.domain.ledger.reversing import reversal
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.trace import Grant
from shared.errors import Rejected


class Refund(Struct, frozen=True):
    """The return for which a fact is judged again; none where `refund_id` is empty."""

    refund_id: str = ""
    amount: Decimal = Decimal(0)
    refunded_at: datetime | None = None


NO_REFUND = Refund()


def judge(command: Judge, account: Account) -> Sequence[Event]:
    """Give a fact its lots, and let what it changes of later facts be booked; a repeat gives nothing."""
    key = key_of(command.fact)
    known = account.earnings.find(key)
    # Who sends an order again need not say when it was made: the time that was told first stays.
    if known is not None and _at_time_of(command.fact, known.fact) != command.fact:
        raise Rejected(
            "earning-differs",
            f"{command.fact.event_id} of {command.fact.source} has earned on {known.fact.amount} {known.fact.currency};"
            f" this one says {command.fact.amount} {command.fact.currency}, or other things. Refund it to correct it.",
        )
    if known is not None or key in account.kept:
        return ()
    deciding = _Deciding(account, command.rulebook, command.now, command.debt)
    if not account.enrolled:
        deciding.add(MemberEnrolled(command.customer_id))
    how = (command.rulebook, command.member_at, command.budgets)
    deciding.take_in(judged_anew(account.earnings, command.fact, *how))
    early = (*account.waiting.get(key, ()), *command.waiting)
    for waiting in early:
        deciding.give_back(key, Refund(waiting.refund_id, waiting.amount, waiting.refunded_at))
    if early:
        deciding.review(command.fact.occurred_at, command.member_at, command.budgets)
    return deciding.events


def _at_time_of(fact: Fact, known: Fact) -> Fact:
    return structs.replace(known, occurred_at=fact.occurred_at) if fact.trigger == "purchase" else known


def judge_again(command: JudgeAgain, account: Account) -> Sequence[Event]:
    """Book what is earned otherwise by what is known now, each correction at the time of its fact."""
    deciding = _Deciding(account, command.rulebook, command.now, command.debt)
    deciding.review(command.since, command.member_at, command.budgets)
    return deciding.events


def return_judged(command: ReverseEarning, account: Account) -> Sequence[Event]:
    """Take back what the returned part of a judged fact had earned, at most what is left of it.

    It may cost a tier: what was earned with that after the return is judged again.
    """
    key = name_of(command.source, command.order_id)
    known = account.earnings.find(key)
    if known is None or command.rulebook is None:
        raise Rejected("programme-unknown", f"{command.order_id} earned by a programme that isn't named here.")
    left = known.fact.amount - known.returned
    if command.amount > left:
        raise Rejected(
            "refund-too-large",
            f"Of order {command.order_id}, {left} {known.fact.currency} are left, and {command.amount} were to be"
            " refunded. Refund at most what is left.",
        )
    deciding = _Deciding(account, command.rulebook, command.now, command.debt)
    deciding.give_back(key, Refund(command.refund_id, command.amount, command.refunded_at))
    if command.member_at is not None:
        deciding.review(known.fact.occurred_at, command.member_at, command.budgets)
    return deciding.events


def _who(account: Account) -> UUID:
    assert account.customer_id is not None, "who has facts is enrolled"  # noqa: S101 - for the type checker
    return account.customer_id


class _Deciding:
    """Events as they are decided, each on the account as those before it left it."""

    def __init__(self, account: Account, rulebook: Rulebook, now: datetime, debt: DebtPolicy) -> None:
        self._account, self._folded = account, 0
        self.earnings = account.earnings
        self.events: list[Event] = []
        self.rulebook, self.now = rulebook, now
        self.debt: DebtPolicy = debt

    @property
    def account(self) -> Account:
        """The account after all events so far; nobody asks for it after the last of them."""
        for event in self.events[self._folded :]:
            self._account = evolve(self._account, event)
        self._folded = len(self.events)
        return self._account

    def add(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    def take_in(self, judged: Sequence[Judged]) -> None:
        """Decide what lets these facts be judged so."""
        for one in judged:
            self._change(one, NO_REFUND)

    def review(self, since: datetime, member_at: MemberAt, budgets: Mapping[str, int]) -> None:
        """Decide what lets the facts from a moment on be judged as they would be now."""
        used = Counter(budgets)
        used.update(used_between(self.earnings, self.account.earnings))
        self.take_in(judged_again(self.account.earnings, self.rulebook, member_at, since, used))

    def give_back(self, key: str, refund: Refund) -> None:
        """Decide on a return of a fact that is judged; one that is larger than what is left is refused in the log."""
        judged = self.account.earnings.find(key)
        left = judged.fact.amount - judged.returned if judged else Decimal(0)
        if judged is None or refund.amount > left:
            source, _, order = key.partition(":")
            self.add(RefundRefused(_who(self.account), source, order, refund.refund_id, refund.amount, left))
            return
        after = self._with_return(key, refund)
        if after is not None:
            self._change(after, refund)

    def _with_return(self, key: str, refund: Refund) -> Judged | None:
        earnings = self.account.earnings
        return with_return(earnings, key, refund.amount, self.rulebook, refund.refunded_at).find(key)

    def _change(self, judged: Judged, refund: Refund) -> None:
        account = self.account
        have = account.standing.get(judged.key, {})
        moves = [*self._moves(account, judged, have)]
        after = have | {lot_id: have.get(lot_id, 0) + points for lot_id, points, _ in moves}
        told = (refund.refund_id, refund.amount, refund.refunded_at)
        self.add(FactJudged(_who(account), self.rulebook.programme_id, judged, after, *told))
        for place, (lot_id, points, grant) in enumerate(moves):
            if place:
                # That a fact was judged moves no lot, but each lot tells of the balance that those before it left.
                account = evolve(account, self.events[-1])
            if grant is not None:
                self.add(self._lot(account, judged, lot_id, points, grant))
            else:
                self.add(self._back(account, judged, lot_id, -points, refund))

    def _moves(self, account: Account, judged: Judged, have: dict[str, int]) -> Iterator[tuple[str, int, Grant | None]]:
        """Yield by how many points lots grow or shrink; what grows again gets a lot of its own: each counts once.

        Where a version gives another currency now, what was given in the old one goes back. A closed account gets none.
        """
        wanted = {f"{grant.rule}:{grant.effect}": (grant, points) for grant, points in standing(judged)}
        prefix = f"{judged.key}:"
        theirs: dict[str, list[str]] = {effect: [] for effect in wanted}
        for lot_id in have:
            rule, number, *_ = lot_id.removeprefix(prefix).split(":")
            theirs.setdefault(f"{rule}:{number}", []).append(lot_id)
        for effect, lots in theirs.items():
            grant, points = wanted.get(effect, (None, 0))
            same = [name for name in lots if grant and account.kept[name].points_currency == grant.points_currency]
            more = points - sum(have[lot_id] for lot_id in same)
            if more > 0 and not account.closed:
                yield f"{prefix}{effect}" + (f":{len(lots) + 1}" if lots else ""), more, grant
            for lot_id in reversed(lots):
                taken = min(max(0, -more), have[lot_id]) if lot_id in same else have[lot_id]
                more += taken if lot_id in same else 0
                if taken:
                    yield lot_id, -taken, None

    def _lot(self, account: Account, judged: Judged, lot_id: str, points: int, grant: Grant) -> PointsEarned:
        fact, version = judged.fact, judged.trace.version
        blank = PointsEarned(
            *(_who(account), lot_id, fact.source, fact.event_id, points, fact.amount, fact.currency),
            *(grant.rule, version, fact.occurred_at, 0, 0),
            terms=self.rulebook.terms(version, grant.points_currency),
            points_currency=grant.points_currency,
            partner=fact.partner,
        )
        return filled(blank, account, self.now)

    def _back(self, account: Account, judged: Judged, lot_id: str, points: int, refund: Refund) -> PointsReversed:
        lot, fact = account.lots[lot_id], judged.fact
        net = fact.amount - judged.returned
        blank = PointsReversed(
            *(_who(account), lot_id, fact.source, fact.event_id, refund.refund_id, points),
            *(net + refund.amount, net, {}, 0, 0),
            refunded_at=refund.refunded_at if refund.refund_id else fact.occurred_at,
            points_currency=lot.points_currency,
            partner=lot.partner,
        )
        return reversal(blank, account, lot, self.now, self.debt)
