"""The list of members: each row is what the account's events state, and merged members are one row."""

from collections.abc import Sequence
from typing import Any, cast

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.ledger.currencies import POINTS
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.movements import Fact
from services.loyalty.views.members import MEMBERS, MemberRow
from shared.store.contract import Recorded
from tests.loyalty.histories import STEPS, Step, log_of
from tests.loyalty.loyalty_facts import ANNA, BERT, day

ROWS = st.lists(
    st.builds(
        MemberRow,
        st.uuids(),
        st.none() | st.integers(0, 9).map(day),
        *(st.integers(0, 1000) for _ in range(8)),
        st.none() | st.integers(0, 9).map(day),
    ),
    min_size=1,
    max_size=4,
)


def recorded(fact: Fact, version: int) -> Recorded:
    nothing = cast("Any", None)
    times = (fact.occurred_at, fact.recorded_at)
    return Recorded(
        "loyalty", fact.owner, version, version, 0, str(ANNA), fact.type, 1, fact.event, nothing, *times, {}
    )


def row_of(log: Sequence[Fact]) -> MemberRow | None:
    row: MemberRow | None = None
    for version, fact in enumerate(log, 1):
        event = recorded(fact, version)
        if MEMBERS.reads[0].knows(fact.type):
            row = MEMBERS.project(row, event)
    return row


@settings(max_examples=150, deadline=None)
@for_all(STEPS)
def test_a_row_is_what_the_account_had_in_points_when_they_last_moved(steps: list[Step]) -> None:
    log = log_of(steps)
    row = row_of(log)
    moved = [fact for fact in log if getattr(fact.event, "points_currency", None) == POINTS]
    moved = [fact for fact in moved if hasattr(fact.event, "balance_after")]
    if row is None or not moved:
        return
    account = ACCOUNT.fold(fact.event for fact in log[: log.index(moved[-1]) + 1])
    assert row.balance == account.balance(moved[-1].recorded_at)
    assert row.debt == account.owed()
    assert row.pending == sum(lot.awaited for lot in account.of(POINTS))
    assert row.expired == sum(lot.lapsed for lot in account.of(POINTS))
    assert row.lots == len([lot for lot in account.of(POINTS) if lot.points and lot.gross])


@for_all(ROWS, st.randoms(use_true_random=False))
def test_merged_rows_are_one_whatever_their_order(rows: list[MemberRow], random: Any) -> None:
    assert MEMBERS.combine
    (row,) = MEMBERS.combine(rows, str(ANNA))
    shuffled = [*rows]
    random.shuffle(shuffled)
    assert MEMBERS.combine(shuffled, str(ANNA)) == (row,)
    assert row.customer_id == ANNA
    assert row.balance - row.debt == sum(one.balance - one.debt for one in rows)
    assert min(row.balance, row.debt) == 0
    assert row.earned == sum(one.earned for one in rows)


def test_points_of_one_cover_the_debt_of_the_other() -> None:
    assert MEMBERS.combine
    rich = MemberRow(ANNA, day(2), balance=50, last_movement_at=day(3))
    owing = MemberRow(BERT, day(1), debt=20, last_movement_at=day(2))
    expected = MemberRow(BERT, day(1), balance=30, last_movement_at=day(3))
    assert MEMBERS.combine([rich, owing], str(BERT)) == (expected,)
    assert MEMBERS.combine([owing, structs.replace(rich, balance=5)], str(BERT))[0].debt == 15
