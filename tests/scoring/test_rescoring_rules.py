"""Decisions about merged customers: taken anew, for the sake of a merge or its undo, without counting a run."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec import structs

from services.scoring.domain.events import Cause, CustomerScored
from services.scoring.domain.pyramid import Tier
from services.scoring.domain.rescoring import concerned
from services.scoring.domain.score import SCORE, Members, Score, ScoreCustomer
from shared.testing.given import given
from tests.scoring.scoring_facts import ANNA, frozen, measured

BEN, CARL, DORA = UUID(int=10), UUID(int=11), UUID(int=12)
MERGED = Cause("customer-10@3", "m1", BEN, ANNA)
UNDONE = Cause("customer-10@5", "m1", BEN, ANNA, undone=True)
RUNS = [UUID(int=200 + number) for number in range(20)]


def score(run: int, *because: Cause, members: Members = (), **changes: Any) -> ScoreCustomer:
    return ScoreCustomer(frozen(RUNS[run]), measured(members=members, **changes), because)


def history(*commands: ScoreCustomer) -> list[CustomerScored]:
    events: list[CustomerScored] = []
    for command in commands:
        events += SCORE.decide(command, SCORE.fold(events))
    return events


def test_a_merge_is_the_reason_of_a_decision_taken_at_once() -> None:
    *_, found = history(score(0), score(1, MERGED, members=(BEN,), value=Decimal("450.00")))
    assert (found.tier, found.previous_tier, found.towards) == (Tier.GOLD, Tier.IRON, None)
    assert (found.members, found.because) == ((BEN,), (MERGED.event,))
    assert found.reason == (
        "merged (customer-10@3): 450.00 USD of 2 customers who are one is at or above the gold edge 400.00"
    )


def test_a_decision_taken_anew_is_on_record_also_where_nothing_changed() -> None:
    first, again = history(score(0), score(1, MERGED))
    assert structs.replace(first, because=again.because, reason=again.reason, previous_tier=Tier.IRON) == again


def test_a_merge_is_decided_about_once() -> None:
    before = history(score(0), score(1, MERGED, members=(BEN,)))
    given(SCORE, *before).when(score(1, MERGED, members=(BEN,))).then_nothing()
    given(SCORE, *before).when(score(2, MERGED, members=(BEN,))).then_nothing()


def test_after_an_undo_the_customer_stands_where_they_stood_by_themselves() -> None:
    """Before the merge one run had pointed to gold; the merged customer was platinum."""
    alone, towards, together, apart = history(
        score(0),
        score(1, value=Decimal("450.00")),
        score(2, MERGED, members=(BEN,), value=Decimal("5000.00")),
        score(3, UNDONE, value=Decimal("450.00")),
    )
    assert (alone.tier, towards.towards_runs, together.tier) == (Tier.IRON, 1, Tier.PLATINUM)
    assert (apart.tier, apart.previous_tier, apart.towards, apart.towards_runs) == (
        Tier.IRON,
        Tier.PLATINUM,
        Tier.GOLD,
        1,
    )
    assert apart.reason.startswith("merge undone (customer-10@5): 450.00 USD is at or above the iron edge")


def test_the_next_regular_run_counts_on_from_there() -> None:
    events = history(
        score(0),
        score(1, value=Decimal("450.00")),
        score(2, MERGED, members=(BEN,), value=Decimal("5000.00")),
        score(3, UNDONE, value=Decimal("450.00")),
        score(4, value=Decimal("450.00")),
    )
    assert (events[-1].tier, events[-1].because) == (Tier.GOLD, ())


def test_a_second_merge_of_the_same_customers_finds_them_where_they_stood_together() -> None:
    events = history(
        score(0),
        score(1, MERGED, members=(BEN,), value=Decimal("450.00")),
        score(2, UNDONE),
        score(3, structs.replace(MERGED, event="customer-10@7"), members=(BEN,), value=Decimal("380.00")),
    )
    assert (events[-1].tier, events[-1].reason) == (
        Tier.GOLD,
        "merged (customer-10@7): 380.00 USD of 2 customers who are one is kept, below the gold edge 400.00",
    )


def test_a_regular_run_that_comes_before_the_cause_says_who_is_one() -> None:
    *_, found = history(score(0), score(1, members=(BEN,)))
    assert (found.members, found.because) == ((BEN,), ())
    assert found.reason == "200.00 USD of 2 customers who are one is at or above the iron edge 130.00"


def test_a_merge_concerns_whoever_stands_for_both_and_an_undo_both_sides() -> None:
    assert concerned([MERGED], {ANNA: (BEN,)}) == {ANNA: (MERGED,)}
    assert concerned([UNDONE], {}) == {BEN: (UNDONE,), ANNA: (UNDONE,)}
    assert concerned([MERGED], {CARL: (ANNA, BEN)}) == {CARL: (MERGED,)}
    assert concerned([MERGED, UNDONE], {}) == {BEN: (MERGED, UNDONE), ANNA: (MERGED, UNDONE)}
    assert concerned([UNDONE], {CARL: (ANNA,), DORA: (BEN,)}) == {CARL: (UNDONE,), DORA: (UNDONE,)}
    assert concerned([], {ANNA: (BEN,)}) == {}


CENTS = st.integers(0, 200_000)
"""Values on both sides of every edge."""
STEPS = st.lists(st.tuples(st.booleans(), CENTS, st.sampled_from([None, 1.0, 1.02, 2.0])), max_size=8)


def ran(start: int, steps: list[tuple[bool, int, float | None]], *, merging: bool) -> list[ScoreCustomer]:
    """Return regular runs, with a merge, another value, and the undo before those that say so."""
    commands: list[ScoreCustomer] = []
    number = start
    for merged, cents, expected in steps:
        changes = {"value": Decimal(cents).scaleb(-2), "expected_purchases": expected}
        if merged and merging:
            for undone in (False, True):
                number += 1
                cause = Cause(f"customer-10@{number}", f"m{number}", BEN, ANNA, undone)
                run = frozen(UUID(int=1000 + number))
                facts = measured(members=(), **changes) if undone else measured(members=(BEN,), value=Decimal(9999))
                commands.append(ScoreCustomer(run, facts, (cause,)))
        number += 1
        commands.append(ScoreCustomer(frozen(UUID(int=1000 + number)), measured(**changes)))
    return commands


@for_all(STEPS)
def test_after_merges_and_their_undoing_the_score_is_what_it_would_have_been(
    steps: list[tuple[bool, int, float | None]],
) -> None:
    """But for the reason, the run, and the tier that came before; and the regular runs go on the same way."""
    with_merges, without = (SCORE.fold(history(*ran(0, steps, merging=merging))) for merging in (True, False))
    assert _facts(with_merges) == _facts(without)


def _facts(found: Score) -> Any:
    if found.latest is None:
        return None
    return structs.replace(found.latest, run_id=RUNS[0], reason="", because=(), previous_tier=None)
