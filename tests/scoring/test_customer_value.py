"""What a customer has bought: the same row in whatever order the facts come, and as of any day."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import strategies as st

from services.scoring.contracts.contact import PurchaseRecorded, PurchaseRefunded
from services.scoring.domain.spending import UNITS, Day, money, together, totals, units, with_fact
from services.scoring.views.customer_value import CUSTOMER_VALUE, ValueRow, key, project
from services.scoring.views.evidence import EVIDENCE
from services.scoring.views.evidence import project as project_evidence
from shared.store.contract import Recorded
from shared.views.rows import Rows

ANNA = UUID(int=9)
START = datetime(1997, 1, 1, tzinfo=UTC)


def fact(hours: int, cents: int, *, refund: bool = False, currency: str = "USD") -> Recorded:
    amount = Decimal(cents).scaleb(-2)
    event = (PurchaseRefunded if refund else PurchaseRecorded)(ANNA, amount, currency)
    at = START + timedelta(hours=hours)
    name = "purchase-refunded" if refund else "purchase-recorded"
    return Recorded("contact", f"purchase-shop-{hours}", 1, 1, 0, str(ANNA), name, 1, event, b"", at, at, {})


def row_after(facts: Sequence[Recorded]) -> ValueRow:
    row: ValueRow | None = reduce(project, facts, None)
    assert row is not None
    return row


FACTS = st.lists(
    st.builds(fact, st.integers(0, 24 * 40), st.integers(0, 10**6), refund=st.booleans()), min_size=1, max_size=40
)


@for_all(FACTS, st.randoms(use_true_random=False))
def test_late_and_corrected_facts_give_the_same_row_in_any_order(facts: list[Recorded], chance: object) -> None:
    shuffled = list(facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert row_after(shuffled) == row_after(facts)


@for_all(FACTS)
def test_the_row_is_what_counting_all_facts_gives(facts: list[Recorded]) -> None:
    row = row_after(facts)
    bought = [item for item in facts if isinstance(item.event, PurchaseRecorded)]
    days = {item.occurred_at.toordinal() for item in bought}
    assert row.purchases == len(bought)
    assert row.transaction_days == len(days)
    assert (row.first_day, row.last_day) == ((min(days), max(days)) if days else (None, None))
    assert row.last_purchase_at == max((item.occurred_at for item in bought), default=None)
    assert row.latest_day == max(item.occurred_at.toordinal() for item in facts)
    paid = sum(item.event.amount for item in bought)
    assert row.revenue == paid - sum(item.event.amount for item in facts if item not in bought)


@for_all(FACTS, st.integers(0, 41))
def test_the_days_answer_as_of_any_day(facts: list[Recorded], day: int) -> None:
    until = START.toordinal() + day
    seen = [item for item in facts if item.occurred_at.toordinal() <= until]
    found = totals(row_after(facts).days, until)
    if not seen:
        assert found == (0, 0, 0, None, None)
        return
    row = row_after(seen)
    assert found.units == int(row.revenue * UNITS)
    assert found[1:] == (row.purchases, row.transaction_days, row.first_day, row.last_day)


@for_all(st.lists(st.tuples(st.integers(0, 30), st.integers(-50, 50), st.integers(0, 1)), max_size=40))
def test_days_stay_sorted_and_are_there_once(facts: list[tuple[int, int, int]]) -> None:
    days: tuple[Day, ...] = ()
    for drawn in facts:
        days = with_fact(days, *drawn)
    assert [item.day for item in days] == sorted({drawn[0] for drawn in facts})
    assert sum(item.units for item in days) == sum(drawn[1] for drawn in facts)


@for_all(FACTS, st.data())
def test_customers_who_are_one_have_the_days_of_one_who_bought_all_of_it(
    facts: list[Recorded], data: st.DataObject
) -> None:
    whose = data.draw(st.lists(st.integers(0, 2), min_size=len(facts), max_size=len(facts)))
    parts = [[fact for fact, owner in zip(facts, whose, strict=True) if owner == number] for number in range(3)]
    histories = [row_after(part).days for part in parts if part]
    assert together(histories) == together(histories[::-1]) == row_after(facts).days


def test_a_refund_lowers_the_revenue_on_its_own_day_and_takes_no_purchase_away() -> None:
    row = row_after([fact(0, 2000), fact(72, 500, refund=True)])
    assert (row.revenue, row.purchases, row.transaction_days) == (Decimal("15.00"), 1, 1)
    first = START.toordinal()
    assert (row.first_day, row.last_day, row.latest_day) == (first, first, first + 3)
    assert totals(row.days, first).units == 20 * UNITS


def test_two_purchases_on_one_day_are_one_transaction_day() -> None:
    row = row_after([fact(1, 100), fact(20, 200)])
    assert (row.purchases, row.transaction_days) == (2, 1)


def test_each_currency_has_a_row_of_its_own() -> None:
    assert key(fact(0, 1)) == f"{ANNA}:USD"
    assert key(fact(0, 1, currency="EUR")) == f"{ANNA}:EUR"


def test_an_amount_comes_back_with_the_decimals_of_its_currency() -> None:
    assert str(money(units(Decimal("11.77")), "USD")) == "11.77"
    assert str(money(units(Decimal("100")), "USD")) == "100.00"
    assert str(money(units(Decimal("5000")), "JPY")) == "5000"
    assert str(money(units(Decimal("1.234")), "KWD")) == "1.234"


def test_a_refund_is_evidence_below_zero_under_its_events_name() -> None:
    row = project_evidence(None, fact(72, 500, refund=True))
    assert (row.event_id, row.amount) == ("purchase-shop-72@1", Decimal("-5.00"))


def test_the_rows_fit_their_tables() -> None:
    assert Rows(CUSTOMER_VALUE).names[0] == "key"
    assert Rows(EVIDENCE).names[0] == "event_id"
