"""Spends and holds over any history, beside a purse of plain numbers: both do or refuse what is asked for alike."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Capture, Command, Hold, Release, ReverseSpend, Spend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.journal import journal
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, NOW, earn

Outcome = Literal["done", "again", "refused"]


class Held(NamedTuple):
    points: int
    until: int


class Purse:
    """The reference: a balance, what is held until which day, and what was spent, by name."""

    def __init__(self) -> None:
        self.balance = 0
        self.orders: dict[str, int] = {}
        self.held: dict[str, Held] = {}
        self.asked: dict[str, int] = {}
        self.spent: dict[str, int] = {}
        self.taken_back: set[str] = set()

    def pass_until(self, day: int) -> None:
        """Let go what is held until this day, or an earlier one."""
        for name in [name for name, held in self.held.items() if held.until <= day]:
            self.balance += self.held.pop(name).points

    def earn(self, name: str, points: int) -> Outcome:
        if name in self.orders:
            return "again" if self.orders[name] == points else "refused"
        self.orders[name] = points
        self.balance += points
        return "done"

    def spend(self, name: str, points: int) -> Outcome:
        if name in self.spent:
            return "again" if self.spent[name] == points else "refused"
        if name in self.asked or not 0 < points <= self.balance:
            return "refused"
        self.balance -= points
        self.spent[name] = points
        return "done"

    def hold(self, name: str, points: int, until: int) -> Outcome:
        if name in self.asked:
            return "again" if self.asked[name] == points else "refused"
        if name in self.spent or not 0 < points <= self.balance:
            return "refused"
        self.balance -= points
        self.asked[name], self.held[name] = points, Held(points, until)
        return "done"

    def capture(self, name: str, points: int) -> Outcome:
        if name in self.asked and name in self.spent:
            return "again" if self.spent[name] == points else "refused"
        if name not in self.held or not 0 < points <= self.held[name].points:
            return "refused"
        self.balance += self.held.pop(name).points - points
        self.spent[name] = points
        return "done"

    def release(self, name: str) -> Outcome:
        if name not in self.asked or name in self.spent:
            return "refused"
        if name not in self.held:
            return "again"
        self.balance += self.held.pop(name).points
        return "done"

    def take_back(self, name: str) -> Outcome:
        if name not in self.spent:
            return "refused"
        if name in self.taken_back:
            return "again"
        self.taken_back.add(name)
        self.balance += self.spent[name]
        return "done"


class Step(NamedTuple):
    kind: str
    name: str
    points: int
    days: int
    """Days that pass first; and half a day more than so many a hold lasts."""


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["earn", "earn", "spend", "hold", "hold", "capture", "capture", "capture", "release", "back"]),
        st.sampled_from(["1", "2", "3"]),
        st.integers(0, 9),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    max_size=30,
)


def of_purse(purse: Purse, step: Step, day: int) -> Outcome:
    match step.kind:
        case "earn":
            return purse.earn(step.name, step.points)
        case "spend":
            return purse.spend(step.name, step.points)
        case "hold":
            return purse.hold(step.name, step.points, day + step.days + 1)
        case "capture":
            return purse.capture(step.name, step.points)
        case "release":
            return purse.release(step.name)
        case _:
            return purse.take_back(step.name)


def of_account(step: Step, day: int) -> Command:
    now = at(day)
    match step.kind:
        case "earn":
            return earn(step.name, str(step.points), day)
        case "spend":
            return Spend(ANNA, step.name, step.points, "x", now)
        case "hold":
            return Hold(ANNA, step.name, step.points, "x", now, at(day + step.days + 1))
        case "capture":
            return Capture(ANNA, step.name, now, step.points)
        case "release":
            return Release(ANNA, step.name, now)
        case _:
            return ReverseSpend(ANNA, step.name, now)


def at(day: int) -> datetime:
    return NOW + timedelta(days=day)


def asked(account: Account, command: Command) -> tuple[Outcome, Account]:
    try:
        events = ACCOUNT.decide(command, account)
    except Rejected:
        return "refused", account
    for event in events:
        assert sum(journal(event).values()) == 0
    return "done" if events else "again", ACCOUNT.after(account, events)


@settings(max_examples=300, deadline=None)
@for_all(STEPS)
def test_what_is_done_or_refused_and_what_is_left_is_what_a_purse_of_numbers_says(steps: list[Step]) -> None:
    account, purse, day = Account(), Purse(), 0
    for step in steps:
        day += step.days
        purse.pass_until(day)
        outcome, account = asked(account, of_account(step, day))
        assert outcome == of_purse(purse, step, day), step
        assert account.balance(at(day)) == purse.balance
        assert account.held(at(day)) == sum(held.points for held in purse.held.values())
        spent = sum(points for name, points in purse.spent.items() if name not in purse.taken_back)
        assert sum(lot.spent for lot in account.lots.values()) == spent


def test_no_more_is_captured_than_was_held_whatever_is_left_beside_it() -> None:
    account = Account()
    for command in (earn("o1", "90"), Hold(ANNA, "h1", 10, "x", NOW, at(1))):
        _, account = asked(account, command)
    assert asked(account, Capture(ANNA, "h1", NOW, 11))[0] == "refused"
    assert asked(account, Capture(ANNA, "h1", NOW, 10))[0] == "done"
