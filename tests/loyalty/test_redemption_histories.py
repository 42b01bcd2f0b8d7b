"""Random histories of redemptions beside a list of them: points and stock are with a redemption, or where they were."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.loyalty.domain.redeeming.redemption import Status
from services.loyalty.domain.rewards.commands import AddStock, Publish
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.offer import Fulfilment, Limit
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, NOW
from tests.loyalty.redemption_world import World
from tests.loyalty.reward_facts import offer

PRICE = 100
LIMIT = Limit(2, days=1)
OFFERS = {
    "mug": offer(limit=LIMIT),
    "bag": offer(fulfilment=Fulfilment.EXTERNAL, fulfil_within_hours=1, limit=LIMIT),
}
STOCK = 3


class Step(NamedTuple):
    """What is asked, of which redemption and reward, and how many minutes after the step before."""

    what: str
    number: int
    reward: str
    minutes: int


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["earn", "redeem", "redeem", "redeem", "fulfil", "fail", "cancel", "wait"]),
        st.integers(0, 7),
        st.sampled_from(sorted(OFFERS)),
        st.sampled_from([0, 0, 1, 30, 60, 1440]),
    ),
    max_size=30,
)


class Listed(NamedTuple):
    """A redemption in the reference."""

    reward: str
    made_at: datetime
    until: datetime | None
    """None: it is fulfilled."""

    def counts(self, now: datetime) -> bool:
        return self.until is None or now < self.until


class Reference:
    """Whoever is listed has one and has paid; nobody else has."""

    def __init__(self) -> None:
        self.earned = 0
        self.listed: dict[int, Listed] = {}
        self.gone: set[int] = set()

    def live(self, now: datetime, reward: str | None = None) -> list[Listed]:
        found = [item for item in self.listed.values() if item.counts(now)]
        return [item for item in found if reward in (None, item.reward)]

    def balance(self, now: datetime) -> int:
        return self.earned - PRICE * len(self.live(now))

    def may(self, step: Step, now: datetime) -> bool:
        """Tell whether the step changes anything."""
        known = self.listed.get(step.number)
        match step.what:
            case "redeem":
                recent = [item for item in self.live(now, step.reward) if now - item.made_at < timedelta(days=1)]
                new = known is None and step.number not in self.gone
                room = len(self.live(now, step.reward)) < STOCK and len(recent) < LIMIT.count
                return new and room and self.balance(now) >= PRICE
            case "fulfil" | "fail":
                return known is not None and known.until is not None and known.counts(now)
            case "cancel":
                return known is not None and known.counts(now)
            case _:
                return step.what == "earn"

    def obey(self, step: Step, now: datetime) -> None:
        match step.what:
            case "earn":
                self.earned += PRICE + 1
            case "redeem":
                external = OFFERS[step.reward].fulfilment is Fulfilment.EXTERNAL
                self.listed[step.number] = Listed(step.reward, now, now + timedelta(hours=1) if external else None)
            case "fulfil":
                self.listed[step.number] = self.listed[step.number]._replace(until=None)
            case _:
                del self.listed[step.number]
                self.gone.add(step.number)


def asked(world: World, step: Step) -> bool:
    """Do the step, and return whether anything changed."""
    try:
        match step.what:
            case "earn":
                world.earn(PRICE + 1)
                return True
            case "redeem":
                return bool(world.redeem(step.number, reward=step.reward))
            case "fulfil":
                return bool(world.fulfil(step.number))
            case "fail":
                return bool(world.fail(step.number))
            case "cancel":
                return bool(world.cancel(step.number))
            case _:
                return False
    except Rejected:
        return False


def begun() -> World:
    world = World()
    for reward, offered in OFFERS.items():
        world.ask(REWARD, reward, Publish(reward, offered), reward)
        world.ask(REWARD, reward, AddStock(reward, "a1", STOCK), reward)
    return world


@for_all(STEPS, st.booleans())
@settings(max_examples=120, deadline=None)
@example([Step("earn", 0, "bag", 0), Step("redeem", 1, "bag", 0), Step("wait", 1, "bag", 60)], True)
def test_points_and_stock_are_with_a_redemption_or_where_they_were(steps: list[Step], late: bool) -> None:  # noqa: FBT001 - drawn
    """With `late`, timers fire only when the history says so; else whenever they are due."""
    world, reference, now = begun(), Reference(), NOW
    for step in steps:
        now += timedelta(minutes=step.minutes)
        world.now = now
        if step.what == "wait" or not late:
            world.wait(now)
        may = reference.may(step, now)
        assert asked(world, step) == may, step
        if may:
            reference.obey(step, now)
        _agree(world, reference, now)
    world.wait(now)
    _agree(world, reference, now)


def _agree(world: World, reference: Reference, now: datetime) -> None:
    assert world.balance(ANNA) == reference.balance(now)
    for reward in OFFERS:
        assert world.reward(reward).left(now) == STOCK - len(reference.live(now, reward)) >= 0
    for number, item in reference.listed.items():
        waits = Status.FULFILLING if item.counts(now) else Status.TIMED_OUT
        assert world.redemption(number).status(now) is (waits if item.until else Status.FULFILLED)
