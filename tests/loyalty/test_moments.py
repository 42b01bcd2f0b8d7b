"""An account as of a moment, as known at another, is the fold of exactly the facts that count, judged by that time."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.movements import Fact, Movement, movements
from services.loyalty.domain.ledger.statement import statement
from services.loyalty.domain.programme.terms import Terms
from tests.loyalty.histories import MILES, STEPS, Step, log_of
from tests.loyalty.loyalty_facts import day
from tests.loyalty.reference import Lot, counting, reckon

WHENEVER = st.none() | st.integers(-50, 250).map(lambda number: day(number + 0.3))
CURRENCIES = (POINTS, MILES)
AFTERWARDS = day(500)
A_LITTLE = timedelta(microseconds=1)


@settings(max_examples=150, deadline=None)
@for_all(STEPS, WHENEVER, WHENEVER)
def test_balance_and_lots_are_what_exactly_the_selected_events_come_to(
    steps: list[Step], as_of: datetime | None, known_at: datetime | None
) -> None:
    facts, now = counting(log_of(steps), as_of, known_at), as_of or AFTERWARDS
    account, expected = ACCOUNT.fold(fact.event for fact in facts), reckon(facts, now)
    for currency in CURRENCIES:
        assert account.balance(now, currency) == expected.balance.get(currency, 0)
        assert max(0, -account.net(now, currency)) == expected.debt.get(currency, 0)
    lots = {
        lot.lot_id: Lot(lot.pending(now), lot.active(now), lot.held(now), lot.expired(now))
        for lot in account.lots.values()
        if lot.points
    }
    assert lots == expected.lots


@settings(max_examples=150, deadline=None)
@for_all(STEPS, WHENEVER, WHENEVER, WHENEVER, WHENEVER)
def test_opening_and_movements_are_the_closing_and_each_is_the_balance_then(
    steps: list[Step],
    as_of: datetime | None,
    known_at: datetime | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    facts, now = counting(log_of(steps), as_of, known_at), as_of or AFTERWARDS
    every = movements(facts, now)
    for currency in CURRENCIES:
        moved = [item for item in every if item.points_currency == currency]
        check(facts, moved, currency, now, since, until)


def check(
    facts: list[Fact],
    moved: list[Movement],
    currency: str,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
) -> None:
    made = statement(moved, since, until)
    assert made.opening + sum(item.points for item in made.movements) == made.closing
    end = min(now, until - A_LITTLE) if until else now
    if since is None or since <= end:
        assert made.closing == reckon(counting(facts, end, None), end).balance.get(currency, 0)
    for at in {item.at for item in moved}:
        last = [item for item in moved if item.at == at][-1]
        assert last.balance == reckon(counting(facts, at, None), at).balance.get(currency, 0)


@settings(max_examples=100, deadline=None)
@for_all(STEPS, st.randoms(use_true_random=False))
def test_a_fold_of_any_selection_in_any_order_adds_up_and_never_raises(steps: list[Step], random: Random) -> None:
    facts = [fact for fact in log_of(steps) if random.random() < 0.6]
    expected = reckon(facts, AFTERWARDS)
    random.shuffle(facts)
    account = ACCOUNT.fold(fact.event for fact in facts)
    for currency in CURRENCIES:
        assert account.balance(AFTERWARDS, currency) == expected.balance.get(currency, 0)


def test_a_late_fact_gives_four_answers() -> None:
    """Earned on day 1 and told on day 10: what is asked as of day 5 depends on what was known."""
    steps: list[Step] = [
        Step(0, "earn", "o1", "1", Decimal(30), 0, 0, Terms()),
        Step(10, "earn", "o2", "1", Decimal(20), 0, 9, Terms()),
    ]
    log = log_of(steps)
    answers = {
        (as_of, known_at): ACCOUNT.fold(fact.event for fact in counting(log, day(as_of), day(known_at))).balance(
            day(as_of)
        )
        for as_of in (0.5, 5)
        for known_at in (5, 11)
    }
    assert answers == {(0.5, 5): 30, (0.5, 11): 30, (5, 5): 30, (5, 11): 50}
