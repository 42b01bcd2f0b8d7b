"""What a tier does over the years: cases worked out by hand, of the kinds that programmes publish."""

from decimal import Decimal

from services.loyalty.domain.tiers.history import history, tier_at
from services.loyalty.domain.tiers.table import Benefits, Requires, Tier, TierTable
from services.loyalty.domain.tiers.versions import InForce
from tests.loyalty.tier_facts import (
    ANNIVERSARY,
    FOUR,
    LIFETIME,
    MONTH,
    ONE_STEP,
    QUARTER,
    earned,
    granted,
    on,
    record,
    rolling,
    story,
    table,
)


def test_a_tier_is_reached_at_the_very_moment_of_the_earning_that_suffices() -> None:
    facts = record(earned("2026-02-01T09:30", 60), earned("2026-03-01T12:00", 40), earned("2026-04-01", 10))
    assert story(facts, table(), "2026-12-31") == [("2026-03-01T12:00", "silver", "reached")]
    assert tier_at(facts, table(), on("2026-03-01T11:59")) == "member"
    assert tier_at(facts, table(), on("2026-03-01T12:00")) == "silver"


def test_one_earning_can_pass_several_tiers_at_once() -> None:
    assert story(record(earned("2026-02-01", 499)), table(), "2026-12-31") == [("2026-02-01", "gold", "reached")]


def test_a_tier_that_was_reached_is_kept_through_the_year_after() -> None:
    """Gold of 2026 is confirmed by the review at its end, and lost at the end of 2027, in which nothing came."""
    assert story(record(earned("2026-06-01", 250)), table()) == [
        ("2026-06-01", "gold", "reached"),
        ("2028-01-01", "member", "review"),
    ]


def test_a_review_lands_on_what_the_period_earned() -> None:
    facts = record(earned("2026-06-01", 500), earned("2027-06-01", 120))
    assert story(facts, table(), "2028-06-01") == [
        ("2026-06-01", "platinum", "reached"),
        ("2028-01-01", "silver", "review"),
    ]


def test_a_soft_landing_takes_one_step_a_review() -> None:
    assert story(record(earned("2026-06-01", 500)), table(landing=ONE_STEP), "2032-01-01") == [
        ("2026-06-01", "platinum", "reached"),
        ("2028-01-01", "gold", "soft-landing"),
        ("2029-01-01", "silver", "soft-landing"),
        ("2030-01-01", "member", "review"),
    ]


def test_a_soft_landing_never_takes_what_was_earned() -> None:
    facts = record(earned("2026-06-01", 500), earned("2027-06-01", 250), earned("2028-06-01", 250))
    assert story(facts, table(landing=ONE_STEP), "2029-06-01") == [
        ("2026-06-01", "platinum", "reached"),
        ("2028-01-01", "gold", "review"),
    ]


def test_the_grace_lets_a_tier_last_beyond_the_review() -> None:
    """As airlines do it: the status of a year lasts until the end of March."""
    facts = record(earned("2026-06-01", 250))
    assert story(facts, table(grace_months=3))[1:] == [("2028-04-01", "member", "review")]
    assert story(facts, table(grace_days=10))[1:] == [("2028-01-11", "member", "review")]


def test_what_is_earned_within_the_grace_keeps_the_tier_without_a_gap() -> None:
    facts = record(earned("2026-06-01", 250), earned("2028-02-01", 250))
    assert story(facts, table(grace_months=3), "2029-01-01") == [("2026-06-01", "gold", "reached")]
    assert story(facts, table(), "2029-01-01")[1:] == [
        ("2028-01-01", "member", "review"),
        ("2028-02-01", "gold", "reached"),
    ]


def test_an_earning_at_the_first_moment_of_a_period_is_the_new_ones() -> None:
    facts = record(earned("2026-12-31T23:59", 60), earned("2027-01-01", 60))
    assert story(facts, table()) == []
    facts = record(earned("2026-12-31T23:59", 100), earned("2027-01-01", 150))
    for longer in (table(), table(grace_days=10)):
        assert story(facts, longer, "2027-06-01") == [("2026-12-31T23:59", "silver", "reached")]


def test_days_begin_in_the_programmes_zone() -> None:
    """At half past eleven on New Year's Eve in London it is next year in Berlin."""
    facts = record(earned("2026-12-01", 60), earned("2026-12-31T23:30", 60))
    assert story(facts, table(zone="Europe/London"), "2027-06-01") == [("2026-12-31T23:30", "silver", "reached")]
    assert story(facts, table(zone="Europe/Berlin"), "2027-06-01") == []


def test_quarters_and_months_are_reviewed_as_they_end() -> None:
    facts = record(earned("2026-02-10", 100))
    assert story(facts, table(period=QUARTER))[1:] == [("2026-07-01", "member", "review")]
    assert story(facts, table(period=MONTH))[1:] == [("2026-04-01", "member", "review")]


def test_an_anniversary_begins_with_the_day_of_enrolment() -> None:
    facts = record(earned("2026-03-09", 60), earned("2026-03-11", 100), enrolled="2024-03-10T15:00")
    assert story(facts, table(period=ANNIVERSARY)) == [
        ("2026-03-11", "silver", "reached"),
        ("2028-03-10", "member", "review"),
    ]


def test_the_day_before_an_anniversary_belongs_to_the_period_that_ends() -> None:
    facts = record(earned("2026-03-09", 100), enrolled="2024-03-10")
    assert story(facts, table(period=ANNIVERSARY)) == [
        ("2026-03-09", "silver", "reached"),
        ("2027-03-10", "member", "review"),
    ]


def test_who_enrolled_on_a_leap_day_has_their_anniversary_on_the_28th() -> None:
    facts = record(earned("2025-02-27T23:59", 60), earned("2025-02-28", 60), enrolled="2024-02-29")
    assert story(facts, table(period=ANNIVERSARY)) == []


def test_a_rolling_tier_is_what_the_last_months_earned() -> None:
    """January's points count through December, and no longer when January ends again."""
    facts = record(earned("2026-01-20", 60), earned("2026-12-05", 60))
    assert story(facts, table(period=rolling(12))) == [
        ("2026-12-05", "silver", "reached"),
        ("2027-02-01", "member", "review"),
    ]


def test_a_lifetime_tier_stays() -> None:
    facts = record(earned("1999-01-20", 60), earned("2026-12-05", 60))
    assert story(facts, table(period=LIFETIME), "2100-01-01") == [("2026-12-05", "silver", "reached")]


def test_events_do_instead_of_points_or_are_asked_for_beside_them() -> None:
    """Thirty flights or the miles, as airlines say; or the miles and at least so many flights."""
    tiers = (Tier("member", 0), Tier("frequent", 1000, events=3))
    flights = [earned(f"2026-0{month}-01", 10) for month in (1, 2, 3)]
    assert story(record(*flights), table(*tiers), "2026-12-31") == [("2026-03-01", "frequent", "reached")]
    both = table(*tiers, requires=Requires.BOTH)
    assert story(record(*flights), both) == []
    bonus = earned("2026-02-15", 970, events=0)
    assert story(record(bonus, *flights), both, "2026-12-31") == [("2026-03-01", "frequent", "reached")]


def test_what_was_given_back_whole_is_no_event_any_more() -> None:
    tiers = (Tier("member", 0), Tier("frequent", 1000, events=3))
    flights = [earned("2026-01-01", 10, ("2026-01-02", 10)), earned("2026-02-01", 10, ("2026-02-02", 9))]
    later = [earned(f"2026-0{month}-01", 10) for month in (3, 4)]
    assert story(record(*flights, *later), table(*tiers), "2026-12-31") == [("2026-04-01", "frequent", "reached")]


def test_what_is_taken_back_is_taken_from_the_period_that_earned_it() -> None:
    """The return in January makes December's gold undone, from the day of the return on."""
    facts = record(earned("2026-11-01", 100), earned("2026-12-20", 150, ("2027-01-10", 150)))
    assert story(facts, table()) == [
        ("2026-11-01", "silver", "reached"),
        ("2026-12-20", "gold", "reached"),
        ("2027-01-10", "silver", "reversed"),
        ("2028-01-01", "member", "review"),
    ]
    assert tier_at(facts, table(), on("2027-01-09")) == "gold"


def test_a_late_fact_reopens_the_period_that_it_belongs_to() -> None:
    """What 2026 earned is told in 2028: the review at the end of 2026 would have kept the tier."""
    known = [earned("2025-06-01", 100), earned("2026-06-01", 60)]
    assert story(record(*known), table()) == [("2025-06-01", "silver", "reached"), ("2027-01-01", "member", "review")]
    late = earned("2026-11-30", 40)
    assert story(record(*known, late), table()) == [
        ("2025-06-01", "silver", "reached"),
        ("2028-01-01", "member", "review"),
    ]


def test_a_grant_holds_while_it_lasts_and_the_better_counts() -> None:
    facts = record(earned("2026-06-01", 100), granted("gold", "2026-03-01", "2026-09-01"))
    assert story(facts, table(), "2027-01-01") == [
        ("2026-03-01", "gold", "granted"),
        ("2026-09-01", "silver", "grant-ended"),
    ]


def test_a_grant_of_less_than_is_earned_changes_nothing() -> None:
    facts = record(earned("2026-06-01", 250), granted("silver", "2026-07-01", "2026-09-01"))
    assert story(facts, table(), "2027-01-01") == [("2026-06-01", "gold", "reached")]


def versions(*since_and_tiers: tuple[str, tuple[Tier, ...]]) -> list[InForce]:
    return [InForce(TierTable(tiers), on(since)) for since, tiers in since_and_tiers]


def test_a_new_table_counts_from_its_date() -> None:
    """Cheaper tiers are reached as the table comes into force, dearer ones are kept until the review."""
    cheap = (Tier("member", 0), Tier("silver", 50))
    dear = (Tier("member", 0), Tier("silver", 400))
    facts = record(earned("2026-02-01", 60))
    assert story(facts, versions(("2020-01-01", FOUR), ("2026-05-01", cheap)), "2027-01-01") == [
        ("2026-05-01", "silver", "table-changed")
    ]
    facts = record(earned("2026-02-01", 100))
    assert story(facts, versions(("2020-01-01", FOUR), ("2026-05-01", dear)), "2027-06-01") == [
        ("2026-02-01", "silver", "reached"),
        ("2027-01-01", "member", "review"),
    ]


def test_a_tier_keeps_its_members_under_a_new_name_and_loses_them_downwards_without_one() -> None:
    renamed = (Tier("member", 0), Tier("argent", 100, formerly=("silver",)))
    dropped = (Tier("member", 0), Tier("bronze", 50), Tier("platinum", 500))
    merged = (Tier("member", 0), Tier("silver", 400), Tier("platinum", 500))
    facts = record(earned("2026-02-01", 100))
    old = ("2020-01-01", FOUR)
    assert story(facts, versions(old, ("2026-05-01", renamed)), "2027-01-01")[1:] == [
        ("2026-05-01", "argent", "table-changed")
    ]
    assert story(facts, versions(old, ("2026-05-01", dropped)), "2027-01-01")[1:] == [
        ("2026-05-01", "bronze", "table-changed")
    ]
    facts = record(earned("2026-02-01", 260), granted("gold", "2026-02-01", "2026-12-01"))
    assert story(facts, versions(old, ("2026-05-01", merged)), "2026-11-01")[1:] == [
        ("2026-05-01", "silver", "table-changed")
    ]


def test_a_grant_of_a_tier_by_its_old_name_is_one_of_its_successor() -> None:
    renamed = (Tier("member", 0), Tier("argent", 100, formerly=("silver",)))
    facts = record(granted("silver", "2026-06-01", "2026-09-01"))
    assert story(facts, versions(("2020-01-01", FOUR), ("2026-05-01", renamed))) == [
        ("2026-06-01", "argent", "granted"),
        ("2026-09-01", "member", "grant-ended"),
    ]


def test_before_the_first_table_nobody_has_reached_anything() -> None:
    facts = record(earned("2026-02-01", 100))
    assert story(facts, versions(("2026-05-01", FOUR)), "2027-01-01") == [("2026-05-01", "silver", "table-changed")]


def test_a_move_tells_the_period_that_decided_it() -> None:
    reached, lost = history(record(earned("2026-06-01", 250)), table(), on("2029-01-01"))
    assert reached.span
    assert lost.span
    assert (reached.span.since, reached.span.until) == (on("2026-01-01"), on("2027-01-01"))
    assert (lost.span.since, lost.span.until) == (on("2027-01-01"), on("2028-01-01"))


def test_benefits_belong_to_the_tier() -> None:
    gold = Tier("gold", 100, benefits=Benefits(Decimal("1.5"), Decimal("0.9"), "priority"))
    assert gold.benefits.multiplier * 100 == Decimal(150)
    assert Tier("silver", 50).benefits == Benefits(Decimal(1), Decimal(1), "standard")
