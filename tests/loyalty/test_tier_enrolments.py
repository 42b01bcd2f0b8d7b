"""What an enrolment's decider looks at, and what its earnings answer: by hand, beside the random histories."""

from typing import Any

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.tiers.commands import Basis, BookTier, EndTierGrant, GrantTier
from services.loyalty.domain.tiers.decider import ENROLMENT, NOBODY, basis_of
from services.loyalty.domain.tiers.earnings import Earning, Earnings, Reversal, Sums, of
from services.loyalty.domain.tiers.enrolment import Enrolment
from services.loyalty.domain.tiers.events import TierChanged, TierGranted, TierGrantEnded, TierKept
from services.loyalty.domain.tiers.granting import end, grant
from services.loyalty.domain.tiers.history import tier_at
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.record import Grant, Record
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.domain.tiers.together import record_of_all
from services.loyalty.domain.tiers.versions import InForce, index_at
from services.loyalty.domain.tiers.walk import Reason
from shared.errors import Missing, Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT
from tests.loyalty.programmes import SHOP
from tests.loyalty.tier_facts import FOUR, earned, granted, on, table

TIERS = TierTable(FOUR, "tier-points", zone="Europe/Berlin")
CLUB = structs.replace(SHOP, tiers=TIERS)
RUN = Programme((Version(1, on("2026-01-01"), CLUB),))
MILES = of([earned("2026-03-01", 100)])
KNOWN = Account(qualified={"tier-points": MILES, "points": of([])}, enrolled_at=on("2025-01-01"))


def test_a_tier_follows_from_the_qualifying_points_of_the_programmes_own_currency() -> None:
    tables = [InForce(TIERS, on("2026-01-01"))]
    basis = basis_of("shop", RUN, KNOWN)
    assert basis == Basis("shop", tables, MILES, on("2025-01-01"))
    assert basis.currency == "tier-points"
    assert basis_of("shop", RUN, Account()) == Basis("shop", tables, Earnings(), None)
    without = basis_of("shop", Programme((Version(1, on("2026-01-01"), SHOP),)), KNOWN)
    assert (without, without.currency) == (Basis("shop", [], Earnings(), on("2025-01-01")), None)


def test_a_woken_enrolment_looks_at_its_members_account_and_their_programme() -> None:
    looked: list[str] = []

    def seen(decider: Any, stream: str) -> Any:
        looked.append(stream)
        return RUN if decider is PROGRAMME else KNOWN

    assert ENROLMENT.wake_looking
    command = ENROLMENT.wake_looking(Enrolment(ANNA, "shop"), on("2026-04-01"), seen)
    assert command == BookTier(ANNA, basis_of("shop", RUN, KNOWN), on("2026-04-01"))
    assert looked == ["programme-shop", f"account-{ANNA}"]
    nobody = ENROLMENT.wake_looking(Enrolment(), on("2026-04-01"), seen)
    assert isinstance(nobody, BookTier)
    assert nobody.customer_id == NOBODY


def test_a_tier_changed_when_it_did_and_all_else_happened_when_it_was_told() -> None:
    changed = TierChanged(
        ANNA, "shop", "member", "silver", Reason.REACHED, on("2026-03-01"), "standard", 1, next_at=on("2028-01-01")
    )
    assert ENROLMENT.happened
    assert [ENROLMENT.happened(event) for event in (changed, TierKept(ANNA, "shop", "silver"))] == [
        on("2026-03-01"),
        None,
    ]
    assert ENROLMENT.fold([changed]) == Enrolment(ANNA, "shop", "silver", on("2026-03-01"), on("2028-01-01"))


def given(name: str, tier: str, until: str) -> TierGranted:
    return TierGranted(ANNA, "shop", name, tier, on("2026-04-01"), on(until), "a match", "eva")


def test_grants_are_kept_by_their_ids_and_end_no_later_than_they_would_have() -> None:
    one, two = given("g1", "gold", "2026-09-01"), given("g2", "silver", "2026-10-01")
    known = ENROLMENT.fold([one, two])
    assert known.grant("g2") == Grant("g2", "silver", on("2026-04-01"), on("2026-10-01"), "a match", "eva")
    assert known.grant("g3") is None
    early = ENROLMENT.fold([one, two, TierGrantEnded(ANNA, "g1", on("2026-06-01"), "a mistake", "eva")])
    late = ENROLMENT.fold([one, two, TierGrantEnded(ANNA, "g1", on("2026-12-01"), "a mistake", "eva")])
    assert [[item.until for item in state.grants] for state in (early, late)] == [
        [on("2026-06-01"), on("2026-10-01")],
        [on("2026-09-01"), on("2026-10-01")],
    ]
    again = ENROLMENT.fold([one, two, given("g1", "platinum", "2026-05-01")])
    assert [(item.grant_id, item.tier) for item in again.grants] == [("g2", "silver"), ("g1", "platinum")]


BASIS = Basis("shop", table())


def asked(tier: str, **more: Any) -> GrantTier:
    made = GrantTier(ANNA, "g1", tier, on("2026-04-01"), on("2026-09-01"), "a match", "eva", BASIS, on("2026-04-01"))
    return structs.replace(made, **more)


def test_what_can_be_granted_is_told_by_its_names_in_the_table_of_that_time() -> None:
    with pytest.raises(Rejected) as refusal:
        grant(asked("diamond"), Enrolment())
    assert refusal.value.detail == "There is no tier diamond to be granted: silver, gold, platinum."
    later = [*table(), InForce(TierTable((Tier("member", 0), Tier("black", 5))), on("2026-05-01"))]
    coming = asked("black", basis=Basis("shop", later))
    with pytest.raises(Rejected):
        grant(coming, Enrolment())
    assert grant(structs.replace(coming, since=on("2026-05-01")), Enrolment())


def test_a_grant_that_has_not_begun_ends_before_it_begins() -> None:
    known = ENROLMENT.fold([given("g1", "gold", "2026-09-01")])
    ending = EndTierGrant(ANNA, "g1", "a mistake", "eva", BASIS, on("2026-03-01"))
    assert end(ending, known)[0] == TierGrantEnded(ANNA, "g1", on("2026-04-01"), "a mistake", "eva")
    with pytest.raises(Missing):
        end(structs.replace(ending, grant_id="g9"), known)


def test_members_who_are_one_are_members_since_the_first_of_them_was_and_have_all_grants() -> None:
    bases = [
        Basis("shop", table(), of([earned("2026-03-01", 5, name="a")]), on("2025-06-01")),
        Basis("shop", table(), of([earned("2026-02-01", 7, name="b")]), None),
        Basis("shop", table(), of([]), on("2025-02-01")),
    ]
    grants = granted("gold", "2026-04-01", "2026-09-01"), granted("silver", "2026-05-01", "2026-06-01", "g2")
    assert record_of_all(bases, [Enrolment(grants=grants[:1]), Enrolment(BERT, grants=grants[1:])]) == Record(
        of([earned("2026-02-01", 7, name="b"), earned("2026-03-01", 5, name="a")]), grants, on("2025-02-01")
    )
    assert record_of_all(bases[1:2], []).enrolled_at is None


def test_an_anniversary_counts_from_the_enrolment_else_from_the_first_earning() -> None:
    first = of([earned("2026-03-01", 5), earned("2026-05-01", 5)])
    assert Record(first, (), on("2024-01-01")).anchor == on("2024-01-01")
    assert Record(first).anchor == on("2026-03-01")


def test_a_version_that_was_published_later_for_an_earlier_time_takes_the_place_of_what_began_after_it() -> None:
    other, third = (structs.replace(TIERS, tiers=FOUR[:number]) for number in (2, 3))

    def run(*tables: tuple[TierTable | None, str]) -> list[tuple[int, str]]:
        versions = (
            Version(number, on(since), structs.replace(SHOP, tiers=one))
            for number, (one, since) in enumerate(tables, 1)
        )
        return [(len(item.table.tiers), item.since.strftime("%m-%d")) for item in tables_of(Programme((*versions,)))]

    assert run((TIERS, "2026-01-01"), (other, "2026-05-01")) == [(4, "01-01"), (2, "05-01")]
    assert run((TIERS, "2026-01-01"), (other, "2026-05-01"), (third, "2026-03-01")) == [(4, "01-01"), (3, "03-01")]
    assert run((TIERS, "2026-01-01"), (other, "2026-01-01")) == [(2, "01-01")]
    assert run((TIERS, "2026-01-01"), (TIERS, "2026-05-01"), (other, "2026-06-01")) == [(4, "01-01"), (2, "06-01")]
    assert run((None, "2026-01-01"), (TIERS, "2026-05-01")) == [(4, "05-01")]


# Earnings, one by one.


def test_sums_answer_for_a_span_that_is_half_open() -> None:
    sums = of([earned("2026-02-01", 5), earned("2026-03-01", 7, events=2), earned("2026-04-01", 0)]).sums
    assert sums == Sums((on("2026-02-01"), on("2026-03-01"), on("2026-04-01")), (0, 5, 12, 12), (0, 1, 3, 3))
    assert sums.within(on("2026-02-01"), on("2026-03-01")) == (5, 1)
    assert sums.within(on("2026-02-02"), on("2026-09-01")) == (7, 2)
    assert [sums.reaches(on("2026-01-01"), sums.points, more) for more in (5, 6, 12, 13)] == [
        on("2026-02-01"),
        on("2026-03-01"),
        on("2026-03-01"),
        None,
    ]
    assert [sums.after(moment) for moment in (on("2026-02-01"), on("2026-02-02"), on("2026-04-02"))] == [
        on("2026-02-01"),
        on("2026-03-01"),
        None,
    ]


def test_points_that_are_added_to_an_earning_are_the_same_earning_wherever_it_stands() -> None:
    one, two = earned("2026-02-01", 5), earned("2026-03-01", 7)
    both = of([one, two])
    assert both.earned(structs.replace(two, points=3)) == of([one, structs.replace(two, points=10)])
    assert both.earned(structs.replace(one, points=3)) == of([structs.replace(one, points=8), two])
    late = earned("2026-02-15", 4)
    assert both.earned(late) == of([one, late, two])
    assert both.all_earned([late, structs.replace(two, points=3), late]) == of(
        [one, structs.replace(late, points=8), structs.replace(two, points=10)]
    )


def test_what_was_taken_back_counts_from_its_moment_once_and_says_how_often() -> None:
    facts = of([earned("2026-02-01", 5), earned("2026-03-01", 7)])
    back = Reversal("r1", on("2026-04-01"), 5)
    after = facts.taken_back("2026-02-01", back)
    assert after.sums == Sums((on("2026-02-01"), on("2026-03-01")), (0, 0, 7), (0, 0, 1))
    assert after.taken_back("2026-02-01", back) == after
    assert facts.taken_back("2026-09-09", back) == facts
    assert (after.at(on("2026-03-31")), after.at(on("2026-04-01"))) == (facts.sums, after.sums)
    assert (after.until(on("2026-03-31")), after.until(on("2026-04-01"))) == (facts, after)
    assert after.until(on("2026-02-28")) == of([earned("2026-02-01", 5)])
    twice = after.taken_back("2026-02-01", Reversal("r0", on("2026-04-01"), 1))
    assert [item.reversal_id for item in twice.entries[0].reversals] == ["r0", "r1"]
    assert [twice.times_taken_back(name) for name in ("2026-02-01", "2026-03-01", "2026-09-09")] == [2, 0, 0]
    assert twice.taken_back_at == (on("2026-04-01"),)


def test_more_than_an_earning_gave_is_not_taken_back() -> None:
    fact = Earning("a", on("2026-02-01"), 5, 1, (Reversal("r1", on("2026-03-01"), 9),))
    assert [fact.net(moment) for moment in (on("2026-02-28"), on("2026-03-01"))] == [5, 0]
    assert of([fact]).sums.points == (0, 0)


def test_an_event_that_reaches_a_tier_is_booked_though_points_reach_none() -> None:
    tiers = table(Tier("member", 0), Tier("frequent", 1000, events=2))
    flights = of([earned("2026-02-01", 1), earned("2026-03-01", 1)])
    booking = BookTier(ANNA, Basis("shop", tiers, flights), on("2026-03-01"), only_more=True)
    (changed,) = ENROLMENT.decide(booking, Enrolment())
    assert isinstance(changed, TierChanged)
    assert (changed.after, changed.at) == ("frequent", on("2026-03-01"))


def test_before_the_first_table_everybody_has_its_first_tier() -> None:
    coming = [InForce(TIERS, on("2026-05-01"))]
    assert index_at(coming, on("2026-01-01")) == 0
    assert tier_at(Record(of([earned("2026-01-01", 900)])), coming, on("2026-02-01")) == "member"
