"""Random histories of one account, as the log holds them: late facts, repeats, and a timer that may lag behind."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.commands import (
    Activate,
    Book,
    CancelPending,
    Capture,
    Command,
    Earn,
    Hold,
    NoteActivity,
    Release,
    ReverseEarning,
    ReverseSpend,
    Spend,
)
from services.loyalty.domain.ledger.currencies import POINTS, Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.decider import happened as came_about
from services.loyalty.domain.ledger.events import Event
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, NOW

TERMS = (
    Terms(),
    Terms(3),
    Terms(0, 1),
    Terms(5, 1, True, "Europe/Berlin"),
    Terms(inactive_months=1),
    Terms(2, 3, inactive_months=1, grace_days=3),
    Terms(valid_days=10, ends_on="02-31"),
    Terms(1, 1, awaits="delivery"),
    Terms(inactive_months=1, awaits="delivery"),
)

MILES = "miles"
DECLARED = Declared((POINTS, MILES), ("status",))

CENTS = st.integers(0, 12000).map(lambda cents: Decimal(cents).scaleb(-2))
ORDERS = st.sampled_from(["o1", "o2", "o3", "o4"])
NAMES = st.sampled_from(["1", "2", "3", "4"])

Step = tuple[int, str, str, str, Decimal, int, int, Terms]
"""Days that pass first, what is asked, an order, a name, an amount, points, how many days late it is told, terms.

A hold lasts for a day more than those.
"""

KINDS = (
    *(("earn",) * 4),
    *("refund", "spend", "spend", "take back", "hold", "hold", "capture", "release"),
    *("activate", "activate", "cancel", "note", "timer"),
)

STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 4, 12]),
        st.sampled_from(KINDS),
        ORDERS,
        NAMES,
        CENTS,
        st.integers(0, 90),
        st.sampled_from([0, 0, 0, 2, 7, 40]),
        st.sampled_from(TERMS),
    ),
    max_size=20,
)


def currency_of(name: str) -> str:
    """Return the point currency of an order or a spend: one of four is in miles."""
    return MILES if name.endswith("4") else POINTS


def command_of(step: Step, now: datetime) -> tuple[Command, datetime]:
    """Return what is asked at `now`, and when it happened."""
    _, kind, _, _, _, _, late, _ = step
    happened = now - timedelta(days=late) if kind in LATE else now
    return ASKED[kind](step, happened, now), happened


LATE = ("earn", "activate", "note")
"""What may be told long after it happened."""


def _earn(step: Step, happened: datetime, now: datetime) -> Command:
    _, _, order, _, amount, _, _, terms = step
    asked = (ANNA, "shop", order, amount, "EUR", happened, now, terms)
    return Earn(*asked, points_currency=currency_of(order), declared=DECLARED)


def _hold(step: Step, _: datetime, now: datetime) -> Command:
    _, _, _, name, _, points, late, _ = step
    until = now + timedelta(days=late + 1)
    return Hold(ANNA, f"h{name}", points, "x", now, until, None, currency_of(name), DECLARED)


ASKED: dict[str, Callable[[Step, datetime, datetime], Command]] = {
    "earn": _earn,
    "refund": lambda step, _, now: ReverseEarning(ANNA, "shop", step[2], f"r{step[3]}", step[4], now),
    "spend": lambda step, _, now: Spend(ANNA, f"s{step[3]}", step[5], "x", now, None, currency_of(step[3]), DECLARED),
    "take back": lambda step, _, now: ReverseSpend(ANNA, f"s{step[3]}", now),
    "hold": _hold,
    "capture": lambda step, _, now: Capture(ANNA, f"h{step[3]}", now, max(1, step[5] // 2)),
    "release": lambda step, _, now: Release(ANNA, f"h{step[3]}", now),
    "activate": lambda step, at, now: Activate(ANNA, f"a{step[3]}", f"shop:{step[2]}", at, now, step[5] or None),
    "cancel": lambda step, _, now: CancelPending(ANNA, f"c{step[3]}", f"shop:{step[2]}", "x", now, step[5] // 3 + 1),
    "note": lambda _, happened, now: NoteActivity(ANNA, happened, now),
    "timer": lambda _, __, now: Book(now),
}


def log_of(steps: Sequence[Step]) -> list[Fact]:
    """Return the account's log: the commands in turn, those that were refused without a trace."""
    log: list[Fact] = []
    state, now = ACCOUNT.initial, NOW
    for step in steps:
        now += timedelta(days=step[0], seconds=1)
        command, happened = command_of(step, now)
        try:
            events = ACCOUNT.decide(command, state)
        except Rejected:
            continue
        for event in events:
            state = ACCOUNT.evolve(state, event)
            log.append(fact(event, len(log) + 1, happened, now))
    return log


def fact(event: Event, version: int, happened: datetime, now: datetime) -> Fact:
    """Return the event as the log holds it; what a timer booked happened at the booked moment."""
    happened = came_about(event) or happened
    return Fact(f"account-{ANNA}@{version}", str(ANNA), PUBLISHED.name_of(event).type, happened, now, event)
