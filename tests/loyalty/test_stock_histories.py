"""Random histories of a reward's stock beside a ledger of single things: nothing vanishes or is given twice."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import UNSET

from services.loyalty.domain.rewards.commands import (
    AddCodes,
    AddStock,
    BookLapsed,
    Command,
    Confirm,
    CorrectStock,
    Release,
    Return,
    Take,
)
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import Event, RewardPublished, RewardTaken
from services.loyalty.domain.rewards.offer import Supply
from services.loyalty.domain.rewards.reward import Reward
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import NOW
from tests.loyalty.reward_facts import MUG, VOUCHER, name, offer


class Step(NamedTuple):
    """What is asked, of which redemption, how much, and how many minutes after the step before."""

    what: str
    who: int
    much: int
    minutes: int


WHAT = ("stock", "correct", "take", "take", "reserve", "reserve", "confirm", "release", "return", "book")
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(WHAT),
        st.integers(0, 6),
        st.integers(-3, 4),
        st.integers(0, 40),
    ),
    max_size=40,
)
TIMES_OUT = timedelta(hours=1)


class Things:
    """The reference: every single thing, by who has it; the shelf is a list."""

    def __init__(self) -> None:
        self.added = 0
        self.kept: dict[int, datetime] = {}
        self.taken: list[int] = []

    def lapse(self, now: datetime) -> None:
        self.kept = {who: until for who, until in self.kept.items() if now < until}

    @property
    def left(self) -> int:
        return self.added - len(self.kept) - len(self.taken)

    def obey(self, step: Step, now: datetime, *, codes: bool) -> None:
        """Do the step where it is possible."""
        self.lapse(now)
        match step.what:
            case "stock" if step.much > 0:
                self.added += step.much
            case "correct" if not codes and step.much and self.left + step.much >= 0:
                self.added += step.much
            case "take" if self.left > 0 and step.who not in self.kept:
                self.taken.append(step.who)
            case "reserve" if self.left > 0 and step.who not in self.kept:
                self.kept[step.who] = now + TIMES_OUT
            case "confirm" if step.who in self.kept:
                del self.kept[step.who]
                self.taken.append(step.who)
            case "release":
                self.kept.pop(step.who, None)
            case "return" if self.taken and not codes:
                self.taken.pop()
            case _:
                pass


def command_of(step: Step, place: int, now: datetime, *, codes: bool) -> Command:
    asked: dict[str, Callable[[], Command]] = {
        "stock": lambda: (AddCodes if codes else AddStock)(MUG, f"a{place}", step.much),
        "correct": lambda: CorrectStock(MUG, f"c{place}", step.much, "counted", now),
        "take": lambda: Take(MUG, name(step.who), now),
        "reserve": lambda: Take(MUG, name(step.who), now, now + TIMES_OUT),
        "confirm": lambda: Confirm(MUG, name(step.who), now),
        "release": lambda: Release(MUG, name(step.who)),
        "return": lambda: Return(MUG, name(step.who), 0 if codes else None),
        "book": lambda: BookLapsed(now),
    }
    return asked[step.what]()


@pytest.mark.parametrize("supply", [Supply.COUNTED, Supply.CODES])
@for_all(STEPS)
@settings(max_examples=150, deadline=None)
def test_the_stock_is_what_a_ledger_of_single_things_says(supply: Supply, steps: list[Step]) -> None:
    codes = supply is Supply.CODES
    reward = REWARD.evolve(Reward(), RewardPublished(MUG, VOUCHER if codes else offer()))
    things, now, given_out = Things(), NOW, _Numbers()
    for place, step in enumerate(steps):
        now += timedelta(minutes=step.minutes)
        reward = _asked(reward, command_of(step, place, now, codes=codes), given_out)
        things.obey(step, now, codes=codes)
        assert reward.left(now) == things.left >= 0
        assert reward.shelf >= 0
        assert reward.added == things.added == reward.shelf + len(reward.reserved) + reward.taken
        given_out.check(reward, codes=codes)


class _Numbers:
    """Which code went to whom."""

    def __init__(self) -> None:
        self.final: list[int] = []

    def check(self, reward: Reward, *, codes: bool) -> None:
        """No number is with two at once, back and away at once, or beyond the pool."""
        if codes:
            kept = [item.number for item in reward.reserved.values()]
            every = [*self.final, *kept, *reward.returned]
            assert sorted(every, key=str) == sorted(set(every), key=str)
            assert len(every) == reward.dealt <= reward.added


def _asked(reward: Reward, command: Command, numbers: _Numbers) -> Reward:
    try:
        events = REWARD.decide(command, reward)
    except Rejected:
        return reward
    return _after(reward, events, command, numbers)


def _after(reward: Reward, events: Sequence[Event], command: Command, numbers: _Numbers) -> Reward:
    confirmed = reward.reserved.get(command.redemption_id) if isinstance(command, Confirm) else None
    if confirmed is not None and confirmed.number is not None:
        numbers.final.append(confirmed.number)
    for event in events:
        if isinstance(event, RewardTaken) and event.number is not None:
            numbers.final.append(event.number)
        before = reward
        reward = REWARD.evolve(reward, event)
        moved = REWARD.moved(before, reward)
        assert moved is UNSET or moved == min((kept.expires_at for kept in reward.reserved.values()), default=None)
    return reward
