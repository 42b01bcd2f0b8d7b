"""Random histories of one account, as the log holds them: late facts, repeats, and a timer that may lag behind."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import strategies as st

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.commands import (
    Activate,
    Adjust,
    Book,
    CancelPending,
    Capture,
    Command,
    ConfirmAdjustment,
    Earn,
    Freeze,
    Give,
    Hold,
    NoteActivity,
    Receive,
    Release,
    ResumeExpiry,
    ReverseEarning,
    ReverseSpend,
    Spend,
    SuspendExpiry,
    Unfreeze,
)
from services.loyalty.domain.ledger.currencies import POINTS, Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.decider import happened as came_about
from services.loyalty.domain.ledger.events import Event, PassedOn
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, DebtPolicy, LapsePolicy
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW

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
NAMES = st.sampled_from(["1", "2", "4"])


class Step(NamedTuple):
    """One thing that is asked. A hold lasts for a day more than `late`."""

    gap: int
    """Days that pass first."""
    kind: str
    order: str
    name: str
    amount: Decimal
    points: int
    late: int
    """How many days late it is told."""
    terms: Terms


KINDS = (
    *(("earn",) * 10),
    *("refund", "refund", *(("spend",) * 3), *(("take back",) * 3)),
    *(*(("hold",) * 4), *(("capture",) * 4), "release"),
    *("activate", "activate", "cancel", "note", "timer", "timer"),
    *("give", "receive", "adjust", "adjust", "confirm", "exempt", "lapse again"),
    *("freeze", "unfreeze", "unfreeze", "unfreeze"),
)
"""What is asked, as often as it stands here: most of it needs points that were earned, and that aren't frozen."""

STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.builds(
        Step,
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
    happened = now - timedelta(days=step.late) if step.kind in LATE else now
    return ASKED[step.kind](step, happened, now), happened


LATE = ("earn", "activate", "note", "exempt")
"""What may be told long after it happened."""

LAPSES = (LapsePolicy(), LapsePolicy("grace", 5), LapsePolicy("renew"))


def _earn(step: Step, happened: datetime, now: datetime) -> Command:
    asked = (ANNA, "shop", step.order, step.amount, "EUR", happened, now, step.terms)
    return Earn(*asked, points_currency=currency_of(step.order), declared=DECLARED)


def _refund(step: Step, _: datetime, now: datetime) -> Command:
    debt: DebtPolicy = "cap" if step.points > 60 else "owe"
    return ReverseEarning(ANNA, "shop", step.order, f"r{step.name}", step.amount, now, debt=debt)


def _spend(step: Step, _: datetime, now: datetime) -> Command:
    return Spend(ANNA, f"s{step.name}", step.points, "x", now, None, currency_of(step.name), DECLARED)


def _hold(step: Step, _: datetime, now: datetime) -> Command:
    until = now + timedelta(days=step.late + 1)
    return Hold(ANNA, f"h{step.name}", step.points, "x", now, until, None, currency_of(step.name), DECLARED)


def _activate(step: Step, happened: datetime, now: datetime) -> Command:
    return Activate(ANNA, f"a{step.name}", f"shop:{step.order}", happened, now, step.points or None)


def _cancel(step: Step, _: datetime, now: datetime) -> Command:
    return CancelPending(ANNA, f"c{step.name}", f"shop:{step.order}", "x", now, step.points // 3 + 1)


def _give(step: Step, _: datetime, now: datetime) -> Command:
    return Give(ANNA, BERT, f"g{step.name}", step.points, "x", now, None, currency_of(step.name), DECLARED)


def _receive(step: Step, _: datetime, now: datetime) -> Command:
    part = PassedOn(f"of {step.name}", step.order, step.points + 1, now, now, now + timedelta(days=step.late + 1))
    return Receive(ANNA, BERT, f"t{step.name}", (part,), now, currency_of(step.name))


def _adjust(step: Step, _: datetime, now: datetime) -> Command:
    number = step.points if step.order < "o3" else -step.points
    policy = AdjustmentPolicy(alone=40)
    return Adjust(ANNA, f"j{step.name}", number, "x", "carl", now, step.terms, currency_of(step.name), DECLARED, policy)


ASKED: dict[str, Callable[[Step, datetime, datetime], Command]] = {
    "earn": _earn,
    "refund": _refund,
    "spend": _spend,
    "take back": lambda step, _, now: ReverseSpend(ANNA, f"s{step.name}", now, LAPSES[step.points % 3]),
    "hold": _hold,
    "capture": lambda step, _, now: Capture(ANNA, f"h{step.name}", now, max(1, step.points // (2 if step.gap else 1))),
    "release": lambda step, _, now: Release(ANNA, f"h{step.name}", now),
    "activate": _activate,
    "cancel": _cancel,
    "give": _give,
    "receive": _receive,
    "adjust": _adjust,
    "confirm": lambda step, _, now: ConfirmAdjustment(
        ANNA, f"j{step.name}", "dora", now, dict.fromkeys(DECLARED.codes, step.terms)
    ),
    "freeze": lambda _, __, now: Freeze(ANNA, "x", "carl", now),
    "unfreeze": lambda _, __, now: Unfreeze(ANNA, "x", "carl", now),
    "exempt": lambda _, happened, now: SuspendExpiry(ANNA, happened, "x", now),
    "lapse again": lambda _, __, now: ResumeExpiry(ANNA, now, now),
    "note": lambda _, happened, now: NoteActivity(ANNA, happened, now),
    "timer": lambda _, __, now: Book(now),
}


def log_of(steps: Sequence[Step]) -> list[Fact]:
    """Return the account's log: the commands in turn, those that were refused without a trace."""
    log: list[Fact] = []
    state, now = ACCOUNT.initial, NOW
    for step in steps:
        now += timedelta(days=step.gap, seconds=1)
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
