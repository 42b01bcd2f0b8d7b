"""Random histories of one account, as the log holds them: late facts, repeats, and a timer that may lag behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.commands import (
    Book,
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
from services.loyalty.domain.ledger.events import Event, HoldReleased, PointsActivated, PointsExpired
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

KINDS = [*["earn"] * 4, "refund", "spend", "spend", "take back", "hold", "hold", "capture", "release", "note", "timer"]

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
    _, kind, order, name, amount, points, late, terms = step
    happened = now - timedelta(days=late)
    match kind:
        case "earn":
            asked = (ANNA, "shop", order, amount, "EUR", happened, now, terms)
            return Earn(*asked, points_currency=currency_of(order), declared=DECLARED), happened
        case "refund":
            return ReverseEarning(ANNA, "shop", order, f"r{name}", amount, now), happened
        case "spend":
            return Spend(ANNA, f"s{name}", points, "x", now, None, currency_of(name), DECLARED), now
        case "take back":
            return ReverseSpend(ANNA, f"s{name}", now), now
        case "hold":
            until = now + timedelta(days=late + 1)
            return Hold(ANNA, f"h{name}", points, "x", now, until, None, currency_of(name), DECLARED), now
        case "capture":
            return Capture(ANNA, f"h{name}", now, max(1, points // 2)), now
        case "release":
            return Release(ANNA, f"h{name}", now), now
        case "note":
            return NoteActivity(ANNA, happened, now), happened
        case _:
            return Book(now), now


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
    match event:
        case PointsActivated():
            happened = event.activates_at
        case PointsExpired():
            happened = event.expires_at
        case HoldReleased() if event.lapsed_at:
            happened = event.lapsed_at
        case _:
            pass
    return Fact(f"account-{ANNA}@{version}", str(ANNA), PUBLISHED.name_of(event).type, happened, now, event)
