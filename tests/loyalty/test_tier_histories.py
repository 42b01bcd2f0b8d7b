"""What holds of tiers over any history, with late facts, returns, grants and changing tables."""

from datetime import datetime, timedelta
from random import Random

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.tiers.earnings import Earning, Earnings, of
from services.loyalty.domain.tiers.history import Move, history, tier_at
from services.loyalty.domain.tiers.period import ALWAYS
from services.loyalty.domain.tiers.record import Grant, Record
from services.loyalty.domain.tiers.table import Landing
from services.loyalty.domain.tiers.versions import InForce, Tables, index_at
from services.loyalty.domain.tiers.walk import Reason
from tests.loyalty.tier_facts import on
from tests.loyalty.tier_histories import DAY, GRANTS, MOMENTS, START, earning, earnings, tables
from tests.loyalty.tier_reference import follow_all, tier_on

FAR = on("2032-01-01")
A_LITTLE = timedelta(microseconds=1)
ENROLLED = st.none() | DAY.map(lambda day: START + timedelta(days=day, hours=15))


def rank(name: str, versions: Tables, moment: datetime) -> int:
    found = versions[index_at(versions, moment)].table.rank(name)
    assert found is not None, f"{name} is no tier of the table in force at {moment}"
    return found


@settings(max_examples=150, deadline=None)
@for_all(earnings(), GRANTS, ENROLLED, tables(), st.lists(MOMENTS, min_size=1, max_size=2))
def test_the_tier_is_what_living_through_every_day_comes_to(
    facts: list[Earning],
    grants: list[Grant],
    enrolled: datetime | None,
    versions: list[InForce],
    moments: list[datetime],
) -> None:
    record = Record(of(facts), tuple(grants), enrolled)
    for moment in moments:
        assert tier_at(record, versions, moment) == tier_on(moment, record, versions)


@settings(max_examples=150, deadline=None)
@for_all(earnings(), GRANTS, tables())
def test_the_history_is_the_tier_at_each_moment(
    facts: list[Earning], grants: list[Grant], versions: list[InForce]
) -> None:
    """Each move leads from what was there just before to what is there then, and nothing changes in between."""
    record = Record(of(facts), tuple(grants))
    made = history(record, versions, FAR)
    times = [move.at for move in made]
    assert times == sorted(times)
    before = tier_at(record, versions, ALWAYS)
    for move in made:
        assert move.before == before != move.after
        assert tier_at(record, versions, move.at - A_LITTLE) == move.before
        assert tier_at(record, versions, move.at) == move.after
        before = move.after
    assert tier_at(record, versions, FAR) == before


@settings(max_examples=100, deadline=None)
@for_all(earnings(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_makes_the_same_record(facts: list[Earning], random: Random) -> None:
    shuffled = [*facts]
    random.shuffle(shuffled)
    record, back = Earnings(), []
    for fact in shuffled:
        record = record.earned(structs.replace(fact, reversals=()))
        back += [(fact.earning_id, reversal) for reversal in fact.reversals]
    random.shuffle(back)
    for name, reversal in back:
        record = record.taken_back(name, reversal)
    for name, reversal in back:
        assert record.taken_back(name, reversal) == record
    assert record == of(facts)


@settings(max_examples=100, deadline=None)
@for_all(earnings(), GRANTS, tables(), MOMENTS)
def test_what_comes_later_changes_nothing_before(
    facts: list[Earning], grants: list[Grant], versions: list[InForce], moment: datetime
) -> None:
    whole, known = of(facts), of(facts).until(moment)
    assert tier_at(Record(known, tuple(grants), START), versions, moment) == tier_at(
        Record(whole, tuple(grants), START), versions, moment
    )


@settings(max_examples=100, deadline=None)
@for_all(earnings(), GRANTS, tables(), MOMENTS)
def test_nobody_is_below_what_was_granted(
    facts: list[Earning], grants: list[Grant], versions: list[InForce], moment: datetime
) -> None:
    tier = tier_at(Record(of(facts), tuple(grants)), versions, moment)
    for grant in grants:
        if grant.since <= moment < grant.until:
            due = follow_all(grant.tier, grant.since, moment, versions)
            assert rank(tier, versions, moment) >= rank(due, versions, moment)


@settings(max_examples=150, deadline=None)
@for_all(earnings(), GRANTS, tables())
def test_a_tier_is_reached_exactly_when_something_was_earned(
    facts: list[Earning], grants: list[Grant], versions: list[InForce]
) -> None:
    times = {fact.at for fact in facts}
    for move in history(Record(of(facts), tuple(grants)), versions, FAR):
        if move.reason is Reason.REACHED:
            assert move.at in times


@settings(max_examples=150, deadline=None)
@for_all(earnings(), tables(most=1))
def test_a_soft_landing_never_takes_more_than_one_step(facts: list[Earning], versions: list[InForce]) -> None:
    soft = [structs.replace(item, table=structs.replace(item.table, landing=Landing.ONE_STEP)) for item in versions]
    for move in history(Record(of(facts)), soft, FAR):
        if move.reason in (Reason.REVIEW, Reason.SOFT_LANDING):
            assert fall(move, soft) == 1


def fall(move: Move, versions: Tables) -> int:
    return rank(move.before, versions, move.at) - rank(move.after, versions, move.at)


@settings(max_examples=200, deadline=None)
@for_all(earnings(), earning(reversible=False), GRANTS, tables(), st.lists(MOMENTS, max_size=5))
def test_more_points_never_mean_a_lower_tier(
    facts: list[Earning], more: Earning, grants: list[Grant], versions: list[InForce], moments: list[datetime]
) -> None:
    fewer = Record(of(facts), tuple(grants), START)
    greater = Record(fewer.earnings.earned(structs.replace(more, earning_id="more")), tuple(grants), START)
    changes = [move.at for record in (fewer, greater) for move in history(record, versions, FAR)]
    for moment in [*moments, *changes]:
        had, has = (rank(tier_at(record, versions, moment), versions, moment) for record in (fewer, greater))
        assert has >= had
