"""Something is asked of an account: decide by what its member was promised, and book what follows of it.

A fact is judged with all that was known of the member before it; what it changes of later facts, of the tier and of
the budgets that members share is written in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.earning.budget import BUDGET, UseBudget, used_between
from services.loyalty.domain.earning.judging import Earnings
from services.loyalty.domain.earning.known import Known, plain_earnings
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Command, Earn, ReverseEarning
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.rules.compiled import CompiledRules
from services.loyalty.domain.tiers.decider import ENROLMENT
from services.loyalty.domain.tiers.earnings import Earnings as Qualifying
from services.loyalty.policies.tiers import book_tier, tier_streams
from shared.policies.policy import Work
from shared.store.contract import Context

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
        self._compiled: dict[str, dict[int, CompiledRules]] = {}
        self._rulebooks: dict[str, Rulebook] = {}

    @property
    def usual(self) -> tuple[str, ...]:
        """The stream of the programme that members belong to who chose none; none where that is the built-in one."""
        return (PROGRAMME.stream(self.promised.programme),) if self.promised.programme else ()

    def streams(self, who: str) -> tuple[str, ...]:
        """Return the streams that a decision on this member most likely touches; others are loaded when it asks."""
        return (ACCOUNT.stream(who), *tier_streams(self.promised.programme, who))

    def promises(self, work: Work, who: str) -> Promises:
        """Return what the member was promised."""
        name = work.state(ACCOUNT, ACCOUNT.stream(who)).programme or self.promised.programme
        programme = work.state(PROGRAMME, PROGRAMME.stream(name)) if name else Programme()
        return Promises(self.promised.built_in, name, programme)

    def rulebook(self, promises: Promises) -> Rulebook | None:
        """Return the rules of a programme; None of the built-in one, and where nothing is published."""
        name, programme = promises.programme_id, promises.programme
        if not programme.versions:
            return None
        book = self._rulebooks.get(name)
        if book is None or not book.of(programme):
            book = self._rulebooks[name] = Rulebook(programme, self._compiled.setdefault(name, {}))
        return book

    def give(self, work: Work, command: Command, who: str, context: Context) -> Sequence[Event]:
        """Decide the command; return its events, and those by which later facts are judged otherwise."""
        promises, stream = self.promises(work, who), ACCOUNT.stream(who)
        book = self.rulebook(promises)
        before = work.state(ACCOUNT, stream)
        if book is not None and isinstance(command, Judge | JudgeAgain | ReverseEarning):
            command = self._informed(work, command, book, before, who)
        events = [*work.handle(ACCOUNT, stream, command, subject=who, context=context)]
        if book is not None:
            self._use_budget(work, book, before.earnings, who, context)
        since = _of_plain_order(command, before)
        if events and since is not None:
            events += self.again(work, since, who, context)
        book_tier(work, promises.programme_id, who, events, context)
        return events

    def again(self, work: Work, since: datetime, who: str, context: Context) -> Sequence[Event]:
        """Judge the facts from a moment on again, where they depend on more than themselves; return what changes."""
        book = self.rulebook(self.promises(work, who))
        if book is None or not book.tables or not work.state(ACCOUNT, ACCOUNT.stream(who)).earnings.judged:
            return ()
        debt = self.promises(work, who).at(since).policies.debt
        return self.give(work, JudgeAgain(UUID(who), book, work.now, since, debt=debt), who, context)

    def _informed(
        self, work: Work, command: Judge | JudgeAgain | ReverseEarning, book: Rulebook, account: Account, who: str
    ) -> Command:
        """Return the command with the rules, what is known of the member, and what all have used of budgets."""
        used = work.state(BUDGET, BUDGET.stream(book.programme_id)).used if book.ever_shares else {}
        known = known_of(work, book, account, who)
        return structs.replace(command, rulebook=book, member_at=known, budgets=dict(used))

    def _use_budget(self, work: Work, book: Rulebook, before: Earnings, who: str, context: Context) -> None:
        after = work.state(ACCOUNT, ACCOUNT.stream(who)).earnings
        if not book.ever_shares or after is before:
            return
        budget = BUDGET.stream(book.programme_id)
        command = UseBudget(book.programme_id, used_between(before, after))
        work.handle(BUDGET, budget, command, subject=budget, context=context)


def known_of(work: Work, book: Rulebook, account: Account, who: str) -> Known:
    """Return what is known of a member beside the facts that their account has judged."""
    if not book.tables:
        return Known(book)
    earned = account.qualified.get(book.tables[-1].table.currency, Qualifying())
    grants = work.state(ENROLMENT, ENROLMENT.stream(who)).grants
    return Known(book, plain_earnings(earned, account.earnings.in_order), grants, account.enrolled_at)


def _of_plain_order(command: Command, account: Account) -> datetime | None:
    """Return when an order came, or was returned, that no programme judges; it bears on the tier of later facts."""
    if isinstance(command, Earn):
        return command.earned_at
    if isinstance(command, ReverseEarning):
        judged = account.earnings.find(lot_id(command.source, command.order_id))
        return None if judged else command.refunded_at or command.now
    return None
