"""Something is asked of an account: decide by what its member was promised, and book what follows of it.

A fact is judged with all that was known of the member before it; what it changes of later facts, of the tier and of
the budgets that members share is written in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.earning.budget import BUDGET, UseBudget, used_between
from services.loyalty.domain.earning.judging import Earnings, MemberAt
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command, Earn, ReverseEarning
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.knowing import known_of
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.profile.known import knowing
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.rules.compiled import CompiledRules
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.domain.tiers.record import Grant
from services.loyalty.policies.acts import Looking
from services.loyalty.policies.tiers import book_tier, tier_streams
from shared.policies.policy import Work
from shared.store.contract import Context, Recorded

_BY_RULES = Judge | JudgeAgain | ReverseEarning

PLAIN = Document("", "", (PointsCurrency("points"),))
"""A built-in programme of which nothing was set."""


class Promised(Struct, frozen=True):
    """The built-in programme, and the published one that members belong to who chose none ("": the built-in one)."""

    built_in: Document = PLAIN
    programme: str = ""


class Judging:
    """Decides by each member's programme. Versions are compiled once, as they never change."""

    def __init__(self, promised: Promised) -> None:
        self.promised = promised
        self.programme = promised.programme
        self._compiled: dict[str, dict[int, CompiledRules]] = {}
        self._rulebooks = {self.programme: Rulebook(Programme())}
        self._looking = Looking()

    def keeps(self, _: str) -> bool:
        """Tell whether a stream's state is kept between batches: all are, as one fact of a member follows another."""
        return True

    @property
    def usual(self) -> tuple[str, ...]:
        """The stream of the programme that members belong to who chose none; none where that is the built-in one."""
        return (PROGRAMME.stream(self.programme),) if self.programme else ()

    def streams(self, who: str) -> tuple[str, ...]:
        """Return the streams that a decision on this member most likely touches; others are loaded when it asks."""
        book = self._rulebooks[self.programme]
        profile = (PROFILE.stream(who),) if book.asks else ()
        budget = (BUDGET.stream(self.programme),) if book.ever_shares else ()
        known = (ACCOUNT.stream(who), *tier_streams(self.programme, who), *profile, *budget)
        return (*known, *self._looking.streams(who))

    def opens(self, _: object) -> bool:
        """Tell whether a birthday may have to be opened, as far as the usual programme is known."""
        return bool(self._rulebooks[self.programme].asks.near_birthday)

    def promises(self, work: Work, who: str) -> Promises:
        """Return what the member was promised."""
        name = self._name(work.state(ACCOUNT, ACCOUNT.stream(who)))
        programme = work.state(PROGRAMME, PROGRAMME.stream(name)) if name else Programme()
        return Promises(self.promised.built_in, name, programme)

    def _name(self, account: Account) -> str:
        """Return the id of the programme that a member belongs to; "" where that is the built-in one."""
        return account.programme or self.programme

    def rulebook(self, work: Work, who: str | None = None) -> Rulebook | None:
        """Return the rules of the member's programme, without one of the usual one; None of the built-in one."""
        name = self.programme if who is None else self.promises(work, who).programme_id
        return self.rules_of(work, name) if name else None

    def rules_of(self, work: Work, name: str) -> Rulebook:
        """Return the rules of a programme; without any where nothing of it was published."""
        programme = work.state(PROGRAMME, PROGRAMME.stream(name))
        book = self._rulebooks.get(name)
        if book is None or not book.of(programme):
            book = self._rulebooks[name] = Rulebook(programme, self._compiled.setdefault(name, {}))
        return book

    def tell(self, work: Work, fact: Fact, who: str, context: Context) -> None:
        """Judge a fact for which some version has a rule; any other passes by."""
        book = self.rulebook(work, who)
        if book is not None and book.knows(fact.trigger):
            debt = self.promises(work, who).at(fact.occurred_at).policies.debt
            self.give(work, Judge(UUID(who), fact, book, work.now, debt=debt), who, context)

    def again(self, work: Work, since: datetime, who: str, context: Context) -> None:
        """Judge the facts from a moment on again: something was learned of their member, as of then."""
        book = self.rulebook(work, who)
        if book is not None and (book.asks or book.tables):
            self._judge_again(work, book, since, who, context)
            # A fact that comes at the same time is judged after this, or this decided again after that.
            work.guard(ACCOUNT.stream(who), context)

    def give(self, work: Work, command: Command, who: str, context: Context) -> Sequence[Event]:
        """Do as `follow`, and let the limits of the member's programme look at it."""
        events = self.follow(work, command, who, context)
        self._looking.look(work, self._name(work.state(ACCOUNT, ACCOUNT.stream(who))), who, command, events, context)
        return events

    def follow(self, work: Work, command: Command, who: str, context: Context) -> Sequence[Event]:
        """Decide the command; return its events, and those by which later facts are judged otherwise."""
        stream = ACCOUNT.stream(who)
        before = work.state(ACCOUNT, stream)
        name = self._name(before)
        book = self.rules_of(work, name) if name else None
        if book is not None and isinstance(command, _BY_RULES):
            command = self._informed(work, command, book, before, who, context)
        events = [*work.handle(ACCOUNT, stream, command, subject=who, context=context)]
        if book is None or not events:
            return events
        self._use_budget(work, book, before.earnings, who, context)
        since = _of_plain_order(command, before) if book.tables else None
        if since is not None:
            events += self._judge_again(work, book, since, who, context)
        book_tier(work, book, who, work.state(ACCOUNT, stream), events, context)
        return events

    def _judge_again(self, work: Work, book: Rulebook, since: datetime, who: str, context: Context) -> Sequence[Event]:
        if not work.state(ACCOUNT, ACCOUNT.stream(who)).earnings.judged:
            return ()
        debt = self.promises(work, who).at(since).policies.debt
        return self.follow(work, JudgeAgain(UUID(who), book, work.now, since, debt=debt), who, context)

    def _informed(
        self,
        work: Work,
        command: Judge | JudgeAgain | ReverseEarning,
        book: Rulebook,
        account: Account,
        who: str,
        context: Context,
    ) -> Command:
        """Return the command with the rules, what is known of the member, and what all have used of budgets."""
        used = work.state(BUDGET, BUDGET.stream(book.programme_id)).used if book.ever_shares else {}
        member_at = _member_at(work, book, account, who, context)
        return structs.replace(command, rulebook=book, member_at=member_at, budgets=dict(used))

    def _use_budget(self, work: Work, book: Rulebook, before: Earnings, who: str, context: Context) -> None:
        after = work.state(ACCOUNT, ACCOUNT.stream(who)).earnings
        if not book.ever_shares or after is before:
            return
        uses = used_between(before, after)
        if uses:
            budget = BUDGET.stream(book.programme_id)
            work.handle(BUDGET, budget, UseBudget(book.programme_id, uses), subject=budget, context=context)


def _member_at(work: Work, book: Rulebook, account: Account, who: str, context: Context) -> MemberAt:
    """Return what tells what was known of the member before a fact, as far as some rule asks for it.

    What is learned of the member at the same time is decided after this, or this again after that.
    """
    grants: tuple[Grant, ...] = ()
    if book.tables:
        grants = work.state(ENROLMENT, ENROLMENT.stream(who)).grants
        work.guard(ENROLMENT.stream(who), context)
    known = known_of(book, account, grants)
    if not book.asks:
        return known
    stream = PROFILE.stream(who)
    profile = work.opened(PROFILE, stream) if book.asks.near_birthday else work.state(PROFILE, stream)
    work.guard(stream, context)
    return knowing(profile, book, known, account.earnings)


def _of_plain_order(command: Command, account: Account) -> datetime | None:
    """Return when an order came, or was returned, that no programme judges; it bears on the tier of later facts."""
    if isinstance(command, Earn):
        return command.earned_at
    if isinstance(command, ReverseEarning):
        judged = account.earnings.find(lot_id(command.source, command.order_id))
        return None if judged else command.refunded_at or command.now
    return None


def surroundings(work: Work, recorded: Recorded) -> Context:
    """Return the surroundings of what follows from an event: it happened when the event did."""
    return Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
