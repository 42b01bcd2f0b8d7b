"""What an enrolment remembers of its tier: each move once, at its own moment, and when to look again."""

from datetime import datetime, timedelta

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.tiers.commands import Basis, BookTier, Command, EndTierGrant, GrantTier
from services.loyalty.domain.tiers.decide import decide
from services.loyalty.domain.tiers.earnings import Earning, of
from services.loyalty.domain.tiers.enrolment import Enrolment, evolve, wakes
from services.loyalty.domain.tiers.events import Event, TierChanged, TierGranted, TierGrantEnded, TierKept
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.record import Grant, Record
from services.loyalty.domain.tiers.table import Benefits, Tier, TierTable
from services.loyalty.domain.tiers.versions import InForce
from services.loyalty.domain.tiers.walk import Reason
from shared.decider import Decider
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA
from tests.loyalty.tier_facts import FOUR, earned, on, table
from tests.loyalty.tier_histories import GRANTS, START, earnings, tables

ENROLMENT: Decider[Command, Event, Enrolment] = Decider("enrolment", Enrolment(), decide, evolve)
PROGRAMME = "miles"
SILVER_IN_MARCH = earned("2026-03-01", 100)
GOLD_IN_MAY = earned("2026-05-01", 150)


def basis(*facts: Earning, versions: list[InForce] | None = None) -> Basis:
    return Basis(PROGRAMME, table() if versions is None else versions, of(facts))


def book(now: str, *facts: Earning, only_more: bool = False, versions: list[InForce] | None = None) -> BookTier:
    return BookTier(ANNA, basis(*facts, versions=versions), on(now), only_more)


def changed(
    before: str, after: str, reason: str, at: str, next_at: str | None, since: str | None = "2026", to: str = "2027"
) -> TierChanged:
    begin, end = (on(f"{since}-01-01"), on(f"{to}-01-01")) if since else (None, None)
    rank = [tier.name for tier in FOUR].index(after)
    what = (ANNA, PROGRAMME, before, after, Reason(reason), on(at), "standard", rank)
    return TierChanged(*what, begin, end, on(next_at) if next_at else None)


REACHED = changed("member", "silver", "reached", "2026-03-01", "2028-01-01")


def test_a_reached_tier_is_booked_with_its_moment_its_period_and_when_it_changes_next() -> None:
    given(ENROLMENT).when(book("2026-03-02", SILVER_IN_MARCH)).then(REACHED)


def test_what_is_booked_is_not_booked_again() -> None:
    given(ENROLMENT, REACHED).when(book("2026-03-03", SILVER_IN_MARCH)).then_nothing()
    given(ENROLMENT, REACHED).when(book("2026-03-03", SILVER_IN_MARCH, only_more=True)).then_nothing()


def test_more_points_are_booked_where_they_change_something() -> None:
    given(ENROLMENT).when(book("2026-03-02", SILVER_IN_MARCH, only_more=True)).then(REACHED)
    given(ENROLMENT, REACHED).when(book("2028-02-01", SILVER_IN_MARCH, only_more=True)).then(
        changed("silver", "member", "review", "2028-01-01", None, "2027", "2028")
    )
    cheaper = [*table(), InForce(TierTable(FOUR[:1]), on("2026-06-01"))]
    given(ENROLMENT, REACHED).when(book("2026-03-03", SILVER_IN_MARCH, only_more=True, versions=cheaper)).then(
        TierKept(ANNA, PROGRAMME, "silver", on("2026-06-01"))
    )


def test_every_move_until_now_is_booked_each_at_its_moment() -> None:
    facts = (SILVER_IN_MARCH, GOLD_IN_MAY)
    given(ENROLMENT, REACHED).when(book("2028-02-01", *facts)).then(
        changed("silver", "gold", "reached", "2026-05-01", None),
        changed("gold", "member", "review", "2028-01-01", None, "2027", "2028"),
    )


def test_a_timer_that_finds_the_tier_kept_says_when_to_look_again() -> None:
    again = earned("2027-06-01", 100)
    given(ENROLMENT, REACHED).when(book("2028-01-01", SILVER_IN_MARCH, again)).then(
        TierKept(ANNA, PROGRAMME, "silver", on("2029-01-01"))
    )


def test_more_points_leave_a_timer_as_it_is_that_now_comes_too_early() -> None:
    given(ENROLMENT, REACHED).when(book("2027-06-01", SILVER_IN_MARCH, earned("2027-06-01", 100))).then_nothing()


def test_a_loss_that_comes_sooner_than_was_booked_moves_the_timer() -> None:
    """A part of what confirmed the tier in 2027 was returned: it is lost a year before the time that was booked."""
    kept = TierKept(ANNA, PROGRAMME, "silver", on("2029-01-01"))
    returned = earned("2027-06-01", 100, ("2027-07-01", 1))
    given(ENROLMENT, REACHED, kept).when(book("2027-07-01", SILVER_IN_MARCH, returned)).then(
        TierKept(ANNA, PROGRAMME, "silver", on("2028-01-01"))
    )


def test_a_late_fact_restates_the_tier_that_was_booked() -> None:
    late = earned("2026-02-01", 250)
    given(ENROLMENT, REACHED).when(book("2026-04-01", late, SILVER_IN_MARCH)).then(
        changed("silver", "gold", "restated", "2026-02-01", "2028-01-01")
    )


def test_where_a_programme_has_no_tiers_there_is_nothing_to_book() -> None:
    given(ENROLMENT).when(book("2026-03-02", SILVER_IN_MARCH, versions=[])).then_nothing()


def test_a_changed_tier_tells_the_level_of_service_that_comes_with_it() -> None:
    vip = table(Tier("member", 0), Tier("vip", 100, benefits=Benefits(service_level="priority")))
    (event,) = decide(book("2026-03-02", SILVER_IN_MARCH, versions=vip), Enrolment())
    assert isinstance(event, TierChanged)
    assert event.service_level == "priority"


def grant(
    tier: str = "gold", since: str = "2026-04-01", until: str = "2026-09-01", now: str = "2026-04-01"
) -> GrantTier:
    return GrantTier(ANNA, "g1", tier, on(since), on(until), "a match", "tester", basis(SILVER_IN_MARCH), on(now))


GRANTED = TierGranted(ANNA, PROGRAMME, "g1", "gold", on("2026-04-01"), on("2026-09-01"), "a match", "tester")
GOLD_BY_GRANT = changed("silver", "gold", "granted", "2026-04-01", "2026-09-01", None)


def test_a_grant_is_booked_with_who_gave_it_and_what_it_changes() -> None:
    given(ENROLMENT, REACHED).when(grant()).then(GRANTED, GOLD_BY_GRANT)


def test_a_grant_for_later_wakes_the_enrolment_when_it_begins_and_when_it_ends() -> None:
    later = grant(since="2026-05-01")
    first, kept = decide(later, ENROLMENT.fold([REACHED]))
    assert kept == TierKept(ANNA, PROGRAMME, "silver", on("2026-05-01"))
    given(ENROLMENT, REACHED, first, kept).when(book("2026-05-01", SILVER_IN_MARCH)).then(
        changed("silver", "gold", "granted", "2026-05-01", "2026-09-01", None)
    )


def test_a_grant_ends_by_itself() -> None:
    given(ENROLMENT, REACHED, GRANTED, GOLD_BY_GRANT).when(book("2026-09-01", SILVER_IN_MARCH)).then(
        changed("gold", "silver", "grant-ended", "2026-09-01", "2028-01-01", None)
    )


def test_the_same_grant_again_is_quiet_and_another_of_its_id_is_refused() -> None:
    sentence = given(ENROLMENT, REACHED, GRANTED, GOLD_BY_GRANT)
    sentence.when(grant()).then_nothing()
    sentence.when(grant("platinum")).then_rejected("grant-differs")
    sentence.when(grant(until="2026-10-01")).then_rejected("grant-differs")


def test_what_cannot_be_granted_is_refused() -> None:
    given(ENROLMENT).when(grant("diamond")).then_rejected("tier-unknown")
    given(ENROLMENT).when(grant("member")).then_rejected("tier-unknown")
    given(ENROLMENT).when(grant(until="2026-04-01")).then_rejected("grant-empty")
    without = structs.replace(grant(), basis=basis(versions=[]))
    given(ENROLMENT).when(without).then_rejected("no-tiers")


def ended(now: str) -> EndTierGrant:
    return EndTierGrant(ANNA, "g1", "a mistake", "tester", basis(SILVER_IN_MARCH), on(now))


def test_a_grant_can_be_ended_before_its_time() -> None:
    given(ENROLMENT, REACHED, GRANTED, GOLD_BY_GRANT).when(ended("2026-06-01")).then(
        TierGrantEnded(ANNA, "g1", on("2026-06-01"), "a mistake", "tester"),
        changed("gold", "silver", "grant-ended", "2026-06-01", "2028-01-01", None),
    )


def test_a_grant_that_is_over_stays_as_it_was_and_one_that_is_not_there_is_missing() -> None:
    given(ENROLMENT, REACHED, GRANTED, GOLD_BY_GRANT).when(ended("2026-09-01")).then_nothing()
    given(ENROLMENT, REACHED).when(ended("2026-06-01")).then_rejected("grant-unknown")


@settings(max_examples=100, deadline=None)
@for_all(earnings(), GRANTS, tables(), st.lists(st.integers(1, 500), min_size=1, max_size=4))
def test_whenever_facts_are_told_the_booked_tier_is_the_tier(
    facts: list[Earning], grants: list[Grant], versions: list[InForce], pauses: list[int]
) -> None:
    """Facts come in the order of the list, late or not, a few at a time; between them the timer does its work."""
    state, now = Enrolment(grants=tuple(grants)), START
    for place, pause in enumerate(pauses, start=1):
        now += timedelta(days=pause)
        told = facts[: len(facts) * place // len(pauses)]
        known = Basis(PROGRAMME, versions, of(told).until(now))
        state = settle(state, known, now)
        state = told_of(state, BookTier(ANNA, known, now))
        assert (state.tier or versions[0].table.tiers[0].name) == tier_at(
            Record(known.earnings, state.grants), versions, now
        )
        due = wakes(state)
        assert due is None or due > now


def settle(state: Enrolment, known: Basis, now: datetime) -> Enrolment:
    """Let the timer fire at each of its moments, as it would have, had the facts been known."""
    for _ in range(100):
        due = wakes(state)
        if due is None or due > now:
            return state
        after = told_of(state, BookTier(ANNA, known, now))
        assert after != state, "a timer that books nothing would never rest"
        state = after
    raise AssertionError("the timer doesn't rest")


def told_of(state: Enrolment, command: Command) -> Enrolment:
    for event in decide(command, state):
        state = evolve(state, event)
    return state
