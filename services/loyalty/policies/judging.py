"""A fact came in, or more became known of a member: judge by the programme's rules, and book what follows of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from msgspec import structs

from services.loyalty.domain.earning.budget import BUDGET, UseBudget, used_between
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.policies import DebtPolicy
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.profile.known import knowing
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.rules.compiled import CompiledRules
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.policies.acts import Looking
from services.loyalty.policies.tiers import book_tier, tier_streams
from shared.policies.policy import Work
from shared.store.contract import Context, Recorded

A = TypeVar("A", Judge, JudgeAgain)


class Judging:
    """Judges for one policy, by one programme; "" is none. Versions are compiled once, as they never change."""

    def __init__(self, programme: str, debt: DebtPolicy = "owe") -> None:
        self.programme = programme
        self.debt: DebtPolicy = debt
        self._compiled: dict[int, CompiledRules] = {}
        self._rulebook = Rulebook(Programme(), self._compiled)
        self.looking = Looking(programme)

    def keeps(self, stream: str) -> bool:
        """Tell whether all facts look at the stream: its state is kept between batches."""
        return bool(self.programme) and stream in (PROGRAMME.stream(self.programme), BUDGET.stream(self.programme))

    def streams(self, who: str) -> tuple[str, ...]:
        """Return the streams that a fact of this member may touch, as far as the programme is known."""
        profile = (PROFILE.stream(who),) if self._rulebook.asks else ()
        budget = (BUDGET.stream(self.programme),) if self._rulebook.ever_shares else ()
        known = (ACCOUNT.stream(who), *tier_streams(self.programme, who), *profile, *budget)
        return (*known, *self.looking.streams(who))

    def opens(self, _: object) -> bool:
        """Tell whether a birthday may have to be opened, as far as the programme is known."""
        return bool(self._rulebook.asks.near_birthday)

    def rulebook(self, work: Work) -> Rulebook | None:
        """Return the programme's rules; None where members belong to none."""
        if not self.programme:
            return None
        programme = work.state(PROGRAMME, PROGRAMME.stream(self.programme))
        if not self._rulebook.of(programme):
            self._rulebook = Rulebook(programme, self._compiled)
        return self._rulebook

    def tell(self, work: Work, fact: Fact, who: str, context: Context) -> None:
        """Judge a fact for which some version has a rule; any other passes by."""
        rulebook = self.rulebook(work)
        if rulebook is not None and rulebook.knows(fact.trigger):
            self.give(work, Judge(UUID(who), fact, rulebook, work.now, debt=self.debt), who, context)

    def again(self, work: Work, since: datetime, who: str, context: Context) -> None:
        """Judge the facts from a moment on again: something was learned of their member, as of then."""
        rulebook = self.rulebook(work)
        if rulebook is not None and rulebook.asks:
            self.give(work, JudgeAgain(UUID(who), rulebook, work.now, since, debt=self.debt), who, context)
            # A fact that comes at the same time is judged after this, or this decided again after that.
            work.guard(ACCOUNT.stream(who), context)

    def give(self, work: Work, command: A, who: str, context: Context) -> Sequence[Event]:
        """Decide the command with what is known of the member, and book their tier and what they use of budgets."""
        stream, budget = ACCOUNT.stream(who), BUDGET.stream(self.programme)
        shares = command.rulebook.ever_shares
        asked = knowing_member(work, command, who, context)
        if shares:
            asked = asked.with_budgets(work.state(BUDGET, budget).used)
        before = work.state(ACCOUNT, stream).earnings
        events = work.handle(ACCOUNT, stream, asked, subject=who, context=context)
        book_tier(work, self.programme, who, events, context)
        self.looking.look(work, who, asked, events, context)
        if shares and events:
            uses = used_between(before, work.state(ACCOUNT, stream).earnings)
            if uses:
                work.handle(BUDGET, budget, UseBudget(self.programme, uses), subject=budget, context=context)
        return events


def knowing_member(work: Work, command: A, who: str, context: Context) -> A:
    """Return the command with what is known of its member, as far as some rule asks for it."""
    asks = command.rulebook.asks
    if not asks:
        return command
    stream = PROFILE.stream(who)
    profile = work.opened(PROFILE, stream) if asks.near_birthday else work.state(PROFILE, stream)
    # What is learned of the member at the same time is decided after this, or this again after that.
    work.guard(stream, context)
    judged = work.state(ACCOUNT, ACCOUNT.stream(who)).earnings
    return structs.replace(command, member_at=knowing(profile, command.rulebook, command.member_at, judged))


def surroundings(work: Work, recorded: Recorded) -> Context:
    """Return the surroundings of what follows from an event: it happened when the event did."""
    return Context(
        recorded.occurred_at,
        work.now,
        correlation=recorded.meta.get("correlation"),
        causation=recorded.id,
        traceparent=recorded.meta.get("traceparent"),
    )
