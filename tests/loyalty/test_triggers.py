"""Everything beside purchases that earns: each fact once for ever, by the version of its time, in any order."""

from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.contracts.contact import (
    ActivityRecorded,
    BirthdayTold,
    ConsentChanged,
    CustomerErased,
    CustomerRegistered,
    InteractionRecorded,
    PurchaseRecorded,
)
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.contracts.scoring import ActivityChanged, CustomerScored
from services.loyalty.contracts.tickets import Apology, ComplaintResolved, Points, Refund
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import MemberEnrolled
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.profile.events import DayCame
from services.loyalty.domain.rules.amounts import Fixed, PerAmount, PerUnit
from services.loyalty.domain.rules.conditions import HasAttribute, InSegment, NearBirthday, OverChannel, WithConsent
from services.loyalty.domain.rules.language import Add, Base, Limit, Multiply, Rule
from shared.errors import Rejected
from shared.store.contract import Recorded
from shared.store.memory import InMemoryEventStore
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.programmes import earning
from tests.loyalty.rule_sets import rule
from tests.loyalty.telling import account, by_rule, follow, own, publish, told

TICKET = ANNA
RULES = (
    rule("base", Base(PerAmount(1))),
    rule("call", Add(Fixed(5)), on=("interaction",), when=OverChannel(("call",)), caps=(Limit(10, "month"),)),
    rule("survey", Add(Fixed(20)), on=("survey",)),
    rule("friend", Add(Fixed(500)), on=("referral",)),
    rule("course", Add(Fixed(75)), on=("touchpoint",), when=HasAttribute("code", ("course",))),
    rule("nights", Base(PerUnit("nights", 100)), on=("partner-activity",)),
    rule("redress", Base(PerUnit("points", 1)), on=("redress",)),
    rule("welcome", Add(Fixed(100)), on=("sign-up",)),
    rule("birthday", Add(Fixed(250)), on=("birthday",)),
    rule("loyal", Add(Fixed(30)), on=("anniversary",)),
    rule("gold", Add(Fixed(7)), when=InSegment(("value-gold",))),
    rule("letters", Add(Fixed(3)), when=WithConsent(("marketing",))),
    rule("near", Multiply(Decimal(2)), when=NearBirthday(1)),
)


@pytest.fixture
async def store() -> InMemoryEventStore:
    return await shop()


async def shop(*rules: Rule) -> InMemoryEventStore:
    """The shop's programme, which counts from two days before the first fact."""
    store = InMemoryEventStore(PUBLISHED, lambda: day(60))
    await publish(store, earning(*(rules or RULES)), day(-2))
    return store


def called(name: str, at: datetime, channel: str = "call") -> Recorded:
    return told("contact", InteractionRecorded(ANNA, "pbx", name, channel, "inbound", "order", 60), at)


def did(what: Any, name: str, at: datetime, **more: Any) -> Recorded:
    return told("contact", ActivityRecorded(ANNA, "shop", name, what, "app", **more), at)


def bought(name: str, amount: str, at: datetime) -> Recorded:
    return told("contact", PurchaseRecorded(ANNA, "shop", name, Decimal(amount), "EUR"), at)


def resolved(at: datetime, version: int, *redress: Any) -> Recorded:
    return told("tickets", ComplaintResolved(TICKET, ANNA, "upheld", redress), at, version)


def scored(tier: str, at: datetime, version: int = 1, members: tuple[Any, ...] = ()) -> Recorded:
    return told("scoring", CustomerScored(ANNA, tier, members), at, version)


def agreed(at: datetime, version: int = 2, *, granted: bool = True) -> Recorded:
    return told("contact", ConsentChanged(ANNA, "marketing", granted), at, version)


async def test_calls_surveys_friends_and_what_a_channel_names_earn_by_their_rules(store: InMemoryEventStore) -> None:
    those = [
        called("1", day(1)),
        called("2", day(2), "chat"),
        did("survey", "1", day(3), code="nps"),
        did("referral", "2", day(3)),
        did("touchpoint", "3", day(4), code="course"),
        did("touchpoint", "4", day(4), code="other"),
        did("partner-activity", "5", day(5), partner="hotel", attributes={"nights": 2}),
    ]
    await follow(store, *those)
    assert by_rule(await account(store)) == {"call": 5, "course": 75, "friend": 500, "nights": 200, "survey": 20}
    before = len(await store.read(ACCOUNT.stream(ANNA)))
    await follow(store, *those)
    assert len(await store.read(ACCOUNT.stream(ANNA))) == before
    partners = [lot.partner for lot in (await account(store)).lots.values() if lot.rule == "nights"]
    assert partners == ["hotel"]


async def test_an_order_and_a_survey_of_one_source_may_bear_the_same_id(store: InMemoryEventStore) -> None:
    await follow(store, bought("1", "10", day(1)), did("survey", "1", day(1)), called("1", day(1)))
    assert by_rule(await account(store)) == {"base": 10, "call": 5, "survey": 20}


async def test_a_member_enrols_once_and_is_welcomed_once(store: InMemoryEventStore) -> None:
    registered = told("contact", CustomerRegistered(ANNA), day(1))
    await follow(store, registered, registered)
    enrolled = await own(store, ACCOUNT.stream(ANNA), [MemberEnrolled])
    await follow(store, *enrolled, *enrolled)
    assert by_rule(await account(store)) == {"welcome": 100}


async def test_redress_gives_what_each_resolution_said(store: InMemoryEventStore) -> None:
    first = resolved(day(3), 4, Apology(), Points(50), Refund(Decimal("9.90"), "EUR"), Points(5))
    await follow(store, first, first, resolved(day(9), 7, Points(20)), resolved(day(10), 9))
    assert by_rule(await account(store)) == {"redress": 75}
    (fact, _) = (await account(store)).earnings.in_order
    assert fact.fact.attributes == {"points": 55, "decision": "upheld", "refund": "9.90", "refund_currency": "EUR"}


async def test_a_fact_for_which_no_version_has_a_rule_passes_by() -> None:
    store = await shop(RULES[0])
    await follow(store, called("1", day(1)), did("survey", "1", day(2)), resolved(day(3), 4, Points(50)))
    assert await store.read(ACCOUNT.stream(ANNA)) == ()


async def test_a_fact_earns_by_the_version_of_its_time_however_late_it_is_told(store: InMemoryEventStore) -> None:
    await publish(store, earning(rule("survey", Add(Fixed(99)), on=("survey",))), day(10))
    await follow(store, did("survey", "late", day(9)), did("survey", "new", day(10)))
    assert by_rule(await account(store)) == {"survey": 20 + 99}


async def test_the_same_id_with_other_contents_is_parked(store: InMemoryEventStore) -> None:
    await follow(store, did("survey", "1", day(1)))
    with pytest.raises(Rejected, match="earned"):
        await follow(store, did("survey", "1", day(2)))
    assert by_rule(await account(store)) == {"survey": 20}


async def test_rules_see_the_segment_that_was_known_at_the_time_of_the_fact(store: InMemoryEventStore) -> None:
    await follow(store, scored("gold", day(2)), bought("1", "10", day(1)), bought("2", "10", day(2)))
    assert by_rule(await account(store)) == {"base": 20, "gold": 7}


async def test_a_score_that_is_told_late_corrects_what_was_judged_without_it(store: InMemoryEventStore) -> None:
    await follow(store, bought("1", "10", day(3)), scored("gold", day(2)))
    assert by_rule(await account(store)) == {"base": 10, "gold": 7}
    await follow(store, scored("lead", day(2.5), 2), told("scoring", ActivityChanged(ANNA, "active"), day(1)))
    assert by_rule(await account(store)) == {"base": 10}
    last = (await account(store)).earnings.in_order[-1]
    assert last.member.segments == {"value-lead", "activity-active"}


async def test_who_stands_for_others_lends_them_their_class(store: InMemoryEventStore) -> None:
    await follow(store, scored("gold", day(1), members=(BERT,)))
    theirs = PurchaseRecorded(BERT, "shop", "9", Decimal(10), "EUR")
    await follow(store, told("contact", theirs, day(2), who=BERT))
    assert by_rule(await account(store, BERT)) == {"base": 10, "gold": 7}


async def test_consent_counts_from_when_it_was_given_until_it_is_taken_back(store: InMemoryEventStore) -> None:
    await follow(store, *(bought(str(n), "10", day(n)) for n in (1, 2, 3, 4)))
    await follow(store, agreed(day(4), 3, granted=False), agreed(day(2)), agreed(day(2)))
    assert by_rule(await account(store)) == {"base": 40, "letters": 6}


async def test_a_birthday_earns_on_its_day_and_doubles_what_is_near_it(store: InMemoryEventStore) -> None:
    told_on, birthday = day(1), day(20)
    await follow(store, told("contact", BirthdayTold(ANNA, f"{birthday:%m-%d}"), told_on, 2))
    due = await store.wakes_at(PROFILE.stream(ANNA))
    assert due is not None
    came = DayCame(ANNA, "birthday", birthday.year, due)
    await follow(store, told("loyalty", came, due), told("loyalty", came, due))
    await follow(store, bought("1", "10", day(21)), bought("2", "10", day(23)))
    assert by_rule(await account(store)) == {"base": 20, "birthday": 250, "near": 10}


async def test_an_anniversary_is_counted_from_the_enrolment_where_some_rule_celebrates_it(
    store: InMemoryEventStore,
) -> None:
    await follow(store, told("contact", CustomerRegistered(ANNA), day(1)))
    await follow(store, *await own(store, ACCOUNT.stream(ANNA), [MemberEnrolled]))
    due = await store.wakes_at(PROFILE.stream(ANNA))
    assert due is not None
    assert (due.year, due.month) == (2027, 1)
    await follow(store, told("loyalty", DayCame(ANNA, "anniversary", 1, due), due), now=day(400))
    assert by_rule(await account(store)) == {"loyal": 30, "welcome": 100}
    bare = await shop(RULES[0])
    await follow(bare, told("contact", CustomerRegistered(ANNA), day(1)))
    await follow(bare, *await own(bare, ACCOUNT.stream(ANNA), [MemberEnrolled]))
    assert await bare.wakes_at(PROFILE.stream(ANNA)) is None


async def test_a_birthday_that_no_rule_asks_for_is_not_kept() -> None:
    store = await shop(RULES[0])
    await follow(store, told("contact", BirthdayTold(ANNA, "05-17"), day(1), 2))
    assert await store.read(PROFILE.stream(ANNA)) == ()


async def test_who_was_erased_has_no_days_any_more(store: InMemoryEventStore) -> None:
    await follow(store, told("contact", CustomerErased(BERT), day(2), 3, BERT))
    assert await store.read(PROFILE.stream(BERT)) == ()
    await follow(store, told("contact", BirthdayTold(ANNA, "05-17"), day(1), 2))
    await follow(store, told("contact", CustomerErased(ANNA), day(2), 3))
    assert await store.wakes_at(PROFILE.stream(ANNA)) is None


SOME = [
    *(bought(str(n), "10", day(n)) for n in range(1, 5)),
    *(called(str(n), day(n + 0.5)) for n in range(1, 4)),
    did("survey", "1", day(2)),
    resolved(day(3), 4, Points(50)),
    scored("gold", day(2)),
    scored("lead", day(4), 2),
    agreed(day(1.5)),
    agreed(day(3.5), 3, granted=False),
    told("contact", BirthdayTold(ANNA, f"{day(3):%m-%d}"), day(0), 4),
    told("loyalty", DayCame(ANNA, "birthday", 2026, day(3)), day(3)),
]


@settings(max_examples=25, deadline=None)
@for_all(st.lists(st.sampled_from(SOME), min_size=1, unique_by=id), st.randoms(use_true_random=False))
async def test_any_delivery_of_facts_and_of_what_is_known_ends_in_the_same_points(
    those: list[Recorded], random: Random
) -> None:
    ends = []
    for _ in range(2):
        deliveries = [*those, *random.sample(those, min(3, len(those)))]
        random.shuffle(deliveries)
        store = await shop()
        await follow(store, *deliveries)
        ends.append(await account(store))
    one, other = ends
    assert by_rule(one) == by_rule(other)
    assert one.earnings == other.earnings
    assert one.balance(day(60)) == other.balance(day(60)) == sum(by_rule(one).values())


async def test_facts_use_the_budget_that_members_share() -> None:
    shared = await shop(rule("survey", Add(Fixed(20)), on=("survey",), budgets=(Limit(30, "month"),)))
    answers = [did("survey", str(n), day(n)) for n in (1, 2, 3)]
    await follow(shared, *answers, answers[0])
    assert by_rule(await account(shared)) == {"survey": 30}


async def test_without_a_programme_nothing_but_purchases_is_looked_at() -> None:
    store = InMemoryEventStore(PUBLISHED, lambda: day(60))
    await follow(store, called("1", day(1)), scored("gold", day(1)), resolved(day(1), 3, Points(5)))
    assert by_rule(await account(store)) == {}
