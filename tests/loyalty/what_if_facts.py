"""Sentences about simulations: histories as the log holds them, and how they are played."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.adapters.account_pages import History
from services.loyalty.adapters.playing import Player
from services.loyalty.domain.earning.budget import used_between
from services.loyalty.domain.earning.judging import MemberAt, by_orders
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.commands import Close, Command, ReverseEarning
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.fact import Fact
from services.loyalty.domain.rules.language import RuleSet
from services.loyalty.domain.what_if.alternative import alternative_of
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.playing import Play
from services.loyalty.domain.what_if.shares import Shares, Use
from services.loyalty.domain.what_if.tally import Tally
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.programmes import POINTS, SHOP, TIER
from tests.loyalty.rule_sets import facts, rule_sets

MILES = structs.replace(POINTS, code="miles", value=None)
LONG_AGO, SINCE, UNTIL, NOW = day(-2000), day(0), day(90), day(200)
ROUNDS = 8


def document(made: RuleSet, **more: Any) -> Document:
    return structs.replace(SHOP, currencies=(POINTS, MILES, TIER), earning=made, **more)


def published(*made: RuleSet, since: Sequence[datetime] = (LONG_AGO,), **more: Any) -> Programme:
    """Return a programme with a version for each rule set; each counts from its day."""
    both = zip(made, since, strict=True)
    return Programme(
        tuple(Version(place, at, document(one, **more), place > 1) for place, (one, at) in enumerate(both, start=1))
    )


def asked(**more: Any) -> Asked:
    """Ask for the first ninety days; without more, under the rules as they were."""
    return Asked("shop", more.pop("since", SINCE), more.pop("until", UNTIL), **more)


class Log:
    """The log of all members, as the ledger's own decisions make it, with the budgets that they share."""

    def __init__(self, programme: Programme, member_at: MemberAt = by_orders) -> None:
        self.programme = programme
        self.histories: dict[UUID, list[tuple[int, Any]]] = {}
        self.places: list[int] = []
        self.used: dict[str, int] = {}
        self._member_at = member_at
        self._position = 0
        self._known = 0
        self.publish()

    def publish(self) -> None:
        """Publish the next version."""
        self._position += 1
        self._known += 1
        self.places.append(self._position)

    @property
    def rulebook(self) -> Rulebook:
        return Rulebook(Programme(self.programme.versions[: self._known]))

    def tell(self, fact: Fact, who: UUID = ANNA, now: datetime = NOW) -> None:
        """Tell of a fact, as the policy does: with what all had used of the limits that they share."""
        self._using(who, Judge(who, fact, self.rulebook, now, self._member_at, dict(self.used)))

    def revise(self) -> None:
        """Judge all facts of all members again, as it is done after a version was back-dated."""
        for who in [*self.histories]:
            self._using(who, JudgeAgain(who, self.rulebook, NOW, LONG_AGO, self._member_at, dict(self.used)))

    def _using(self, who: UUID, command: Judge | JudgeAgain) -> None:
        before = ACCOUNT.fold(self.events(who)).earnings
        self.do(who, command)
        for key, points in used_between(before, ACCOUNT.fold(self.events(who)).earnings).items():
            self.used[key] = self.used.get(key, 0) + points

    def give_back(self, name: str, order: str, amount: Decimal, who: UUID = ANNA, on: datetime = NOW) -> None:
        self.do(who, ReverseEarning(who, "shop", order, name, amount, NOW, on, rulebook=self.rulebook))

    def close(self, who: UUID = ANNA) -> None:
        self.do(who, Close(who, "asked for it", "staff", NOW))

    def do(self, who: UUID, command: Command) -> None:
        """Carry out a command; one that is refused leaves nothing."""
        history = self.histories.setdefault(who, [])
        try:
            decided = ACCOUNT.decide(command, ACCOUNT.fold(self.events(who)))
        except Rejected:
            return
        for event in decided:
            self._position += 1
            history.append((self._position, event))

    def events(self, who: UUID) -> list[Any]:
        return [event for _, event in self.histories.get(who, ())]


class Result(NamedTuple):
    """What was played, by account, and what it came to."""

    plays: Mapping[UUID, Play]
    tally: Tally
    rounds: int


def played(log: Log, what: Asked) -> Result:
    """Play the log, in as many rounds as shared limits need."""
    uses: list[Use] = []
    alternative = alternative_of(what, log.programme, NOW)
    for number in range(1, ROUNDS):
        player = Player(alternative, log.places, uses)
        plays = {who: player.play(History(str(who), events, ())) for who, events in log.histories.items()}
        if Shares(player.uses) == Shares(uses):
            return Result(plays, player.adding.tally, number)
        uses = player.uses
    raise AssertionError("the shared limits didn't settle")


# --- at random ---------------------------------------------------------------


class Happening(NamedTuple):
    """Something that is told: a fact (again, or late: it is told in any order), or a return of a part of it."""

    who: UUID
    order: int
    part: int
    """What is returned of the fact, in quarters; 0: the fact itself is told."""


MEMBERS = st.sampled_from([ANNA, BERT])


@st.composite
def logs(draw: st.DrawFn, member_at: MemberAt = by_orders) -> Log:
    """Draw a log of two members: two versions, facts in any order, repeats, returns, an account closed."""
    later = draw(st.sampled_from([day(-30), day(10), day(40)]))
    made = draw(rule_sets()), draw(rule_sets())
    log = Log(published(*made, since=(LONG_AGO, later)), member_at)
    number = draw(st.integers(1, 6))
    those = [_drawn(draw(facts()), place, draw(st.integers(-60, 120))) for place in range(number)]
    whose = [draw(MEMBERS) for _ in those]
    told = draw(st.lists(st.tuples(st.integers(0, number - 1), st.integers(0, 4)), min_size=number, max_size=20))
    revises = draw(st.booleans())
    publish_at, close_at = draw(st.integers(0, len(told))), draw(st.integers(0, 3 * len(told)))
    for place, (order, part) in enumerate(told):
        if place == publish_at:
            log.publish()
            if revises:
                log.revise()
        if place == close_at:
            log.close()
        fact, who = those[order], whose[order]
        if part:
            back = (fact.amount * part / 4).quantize(Decimal("0.01"))
            log.give_back(f"r{place}", fact.event_id, back, who, fact.occurred_at + timedelta(days=part * 11))
        else:
            log.tell(fact, who)
    if publish_at >= len(told):
        log.publish()
    return log


def _drawn(fact: Fact, place: int, on: int) -> Fact:
    return structs.replace(fact, event_id=f"o{place}", occurred_at=day(on) + timedelta(minutes=place))
