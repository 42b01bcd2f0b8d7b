"""What lies ahead of a member's tier: by the code of the review, and true once it is done."""

from datetime import datetime, timedelta

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.tiers.earnings import Earning, of
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.projection import Goal, projection
from services.loyalty.domain.tiers.record import Grant, Record
from services.loyalty.domain.tiers.table import Requires, Tier
from services.loyalty.domain.tiers.versions import InForce, index_at
from tests.loyalty.tier_facts import (
    LIFETIME,
    ONE_STEP,
    earned,
    granted,
    on,
    record,
    rolling,
    table,
)
from tests.loyalty.tier_histories import GRANTS, MOMENTS, START, earnings, tables
from tests.loyalty.tier_reference import tier_on


def test_it_says_what_is_missing_for_the_next_tier_until_the_period_ends() -> None:
    ahead = projection(record(earned("2026-02-01", 130)), table(), on("2026-05-01"))
    assert ahead.tier == "silver"
    assert ahead.next == Goal("gold", 120, None, on("2027-01-01"))
    assert ahead.keep == Goal("silver", 0, None, None)
    assert ahead.loss
    assert (ahead.loss.at, ahead.loss.after) == (on("2028-01-01"), "member")


def test_what_last_year_earned_has_to_be_earned_again_this_year_to_be_kept() -> None:
    ahead = projection(record(earned("2026-02-01", 260), earned("2027-01-15", 90)), table(), on("2027-05-01"))
    assert ahead.tier == "gold"
    assert ahead.next == Goal("platinum", 410, None, on("2028-01-01"))
    assert ahead.keep == Goal("gold", 160, None, on("2028-01-01"))
    assert (ahead.reviewed_at, ahead.after_review) == (on("2028-01-01"), "member")


def test_the_review_is_foretold_with_its_soft_landing_and_its_grace() -> None:
    soft = table(landing=ONE_STEP, grace_months=3)
    ahead = projection(record(earned("2026-02-01", 260)), soft, on("2027-05-01"))
    assert (ahead.reviewed_at, ahead.after_review) == (on("2028-01-01"), "silver")
    assert ahead.loss
    assert (ahead.loss.at, ahead.loss.after) == (on("2028-04-01"), "silver")


def test_within_the_grace_the_tier_can_still_be_kept_until_it_is_lost() -> None:
    ahead = projection(record(earned("2026-02-01", 260)), table(grace_months=3), on("2028-02-01"))
    assert ahead.tier == "gold"
    assert ahead.keep == Goal("gold", 250, None, on("2028-04-01"))


def test_on_the_first_tier_there_is_nothing_to_keep_and_on_the_last_nothing_to_reach() -> None:
    assert projection(record(), table(), on("2026-02-01")).keep is None
    assert projection(record(earned("2026-02-01", 500)), table(), on("2026-02-01")).next is None


def test_events_are_foretold_beside_points() -> None:
    tiers = (Tier("member", 0), Tier("frequent", 1000, events=3))
    both = table(*tiers, requires=Requires.BOTH)
    assert projection(record(earned("2026-02-01", 1200)), both, on("2026-02-01")).next == Goal(
        "frequent", 0, 2, on("2027-01-01")
    )


def test_a_rolling_tier_ends_with_the_first_month_whose_review_no_longer_finds_the_points() -> None:
    """February to April suffice, so that May still has it; March to May don't."""
    ahead = projection(record(earned("2026-02-01", 100)), table(period=rolling(3)), on("2026-02-20"))
    assert ahead.loss
    assert (ahead.loss.at, ahead.loss.after) == (on("2026-06-01"), "member")


def test_a_lifetime_tier_is_never_reviewed_but_a_grant_over_it_ends() -> None:
    facts = record(earned("2026-02-01", 100), granted("gold", "2026-03-01", "2026-09-01"))
    ahead = projection(facts, table(period=LIFETIME), on("2026-04-01"))
    assert (ahead.reviewed_at, ahead.after_review) == (None, None)
    assert ahead.keep == Goal("gold", 150, None, on("2026-09-01"))
    assert ahead.loss
    assert (ahead.loss.at, ahead.loss.after) == (on("2026-09-01"), "silver")


def with_more(of_: Record, goal: Goal, moment: datetime, *, points: int, either: bool) -> Record:
    events = 0 if either else goal.events or 0
    return structs.replace(of_, earnings=of_.earnings.earned(Earning("more", moment, points, events)))


@settings(max_examples=200, deadline=None)
@for_all(earnings(), GRANTS, tables(), MOMENTS)
def test_what_is_missing_for_the_next_tier_reaches_exactly_it_and_a_point_less_does_not(
    facts: list[Earning], grants: list[Grant], versions: list[InForce], moment: datetime
) -> None:
    known = Record(of(facts).until(moment), tuple(grants), START)
    ahead = projection(known, versions, moment)
    if ahead.next is None or ahead.next.points == 0:
        return
    either = versions[index_at(versions, moment)].table.requires is Requires.EITHER
    enough = with_more(known, ahead.next, moment, points=ahead.next.points, either=either)
    fewer = with_more(known, ahead.next, moment, points=ahead.next.points - 1, either=either)
    assert tier_at(enough, versions, moment) == ahead.next.tier
    assert tier_at(fewer, versions, moment) == ahead.tier


@settings(max_examples=200, deadline=None)
@for_all(earnings(least=1), GRANTS, tables(most=1), st.integers(0, 500))
def test_what_is_missing_to_keep_the_tier_keeps_it_and_a_point_less_does_not(
    facts: list[Earning], grants: list[Grant], versions: list[InForce], days: int
) -> None:
    moment = max(fact.at for fact in facts) + timedelta(days=days)
    known = Record(of(facts).until(moment), tuple(grants), START)
    ahead = projection(known, versions, moment)
    if ahead.keep is None or ahead.keep.points == 0:
        return
    assert ahead.keep.by
    assert ahead.loss
    either = versions[0].table.requires is Requires.EITHER
    enough = with_more(known, ahead.keep, moment, points=ahead.keep.points, either=either)
    fewer = with_more(known, ahead.keep, moment, points=ahead.keep.points - 1, either=either)
    order = [tier.name for tier in versions[0].table.tiers]
    assert order.index(tier_at(enough, versions, ahead.loss.at)) >= order.index(ahead.tier)
    assert order.index(tier_at(fewer, versions, ahead.loss.at)) < order.index(ahead.tier)


@settings(max_examples=150, deadline=None)
@for_all(earnings(), GRANTS, tables(), MOMENTS)
def test_nothing_more_leads_to_what_was_foretold(
    facts: list[Earning], grants: list[Grant], versions: list[InForce], moment: datetime
) -> None:
    known = Record(of(facts).until(moment), tuple(grants), START)
    ahead = projection(known, versions, moment)
    assert ahead.tier == tier_on(moment, known, versions)
    if ahead.loss:
        assert tier_on(ahead.loss.at, known, versions) == ahead.loss.after
    if ahead.reviewed_at:
        reviewing = next(item.table for item in reversed(versions) if item.since < ahead.reviewed_at)
        assert tier_on(reviewing.lost_at(ahead.reviewed_at), known, versions) == ahead.after_review
