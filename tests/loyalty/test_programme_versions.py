"""A programme's versions: each stays for ever, counts from its date on, and reaches into the past only if confirmed."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs

from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import PointsCurrency, Value
from services.loyalty.domain.programme.programme import Programme, token_of
from services.loyalty.domain.programme.soundness import document_faults
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.amounts import Fixed
from services.loyalty.domain.rules.language import Add, Rule, RuleSet
from shared.errors import Invalid, Rejected
from shared.testing.given import given
from tests.loyalty.programmes import BASE, POINTS, SHOP, TIER, earning, giving, month, publish, published
from tests.loyalty.rule_sets import rule_sets
from tests.loyalty.told_faults import places

ONE, TWO, THREE = giving(1), giving(2), giving(3)
FIRST = published(ONE, 1, month(3))


def test_the_first_version_counts_from_whenever_it_says() -> None:
    given(PROGRAMME).when(publish(ONE, month(3), month(6))).then(FIRST)


def test_the_same_document_again_is_quiet() -> None:
    given(PROGRAMME, FIRST).when(publish(ONE, month(3))).then_nothing()
    given(PROGRAMME, FIRST).when(publish(ONE, month(5))).then_nothing()


def test_a_change_is_the_next_version() -> None:
    given(PROGRAMME, FIRST).when(publish(TWO, month(5))).then(published(TWO, 2, month(5)))
    given(PROGRAMME, FIRST).when(publish(TWO, month(9), month(5))).then(published(TWO, 2, month(9)))


@pytest.mark.parametrize(("effective_from", "now"), [(4, 5), (2, 5), (6, 5)])
def test_a_version_for_a_time_that_has_begun_or_is_taken_needs_the_token_of_its_preview(
    effective_from: int, now: int
) -> None:
    history = (FIRST, published(TWO, 2, month(7)))
    programme = PROGRAMME.fold(history)
    since, asked = month(effective_from), month(now)
    token = token_of(programme, THREE, since)
    given(PROGRAMME, *history).when(publish(THREE, since, asked)).then_rejected("back-dating-unconfirmed")
    given(PROGRAMME, *history).when(publish(THREE, since, asked, token)).then(
        published(THREE, 3, since, back_dated=True)
    )


def test_a_token_is_good_for_what_was_shown_alone() -> None:
    programme = PROGRAMME.fold([FIRST])
    token = token_of(programme, TWO, month(4))
    for other in (publish(THREE, month(4), month(5), token), publish(TWO, month(4, 2), month(5), token)):
        given(PROGRAMME, FIRST).when(other).then_rejected("back-dating-unconfirmed")
    given(PROGRAMME, FIRST, published(THREE, 2, month(5))).when(publish(TWO, month(4), month(5), token)).then_rejected(
        "back-dating-unconfirmed"
    )


def test_the_version_that_counts_is_the_last_published_of_those_in_effect() -> None:
    programme = PROGRAMME.fold([FIRST, published(TWO, 2, month(7)), published(THREE, 3, month(5))])
    counting = [programme.version_at(month(number)) for number in (2, 3, 5, 7, 9)]
    assert [version and version.number for version in counting] == [None, 1, 3, 3, 3]
    known = [programme.version(number) for number in range(5)]
    assert [version and version.document for version in known] == [None, ONE, TWO, THREE, None]


@settings(max_examples=100, deadline=None)
@for_all(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.booleans()), max_size=8))
def test_whatever_is_published_nothing_that_counted_before_changes_unless_it_was_confirmed(
    steps: list[tuple[int, int, int, bool]],
) -> None:
    programme = Programme()
    for since, now, points, confirm in steps:
        document = giving(points)
        token = token_of(programme, document, month(since)) if confirm else ""
        try:
            events = PROGRAMME.decide(publish(document, month(since), month(now), token), programme)
        except Rejected:
            continue
        after = PROGRAMME.fold([]) if not events else programme
        for event in events:
            after = PROGRAMME.evolve(programme, event)
        for moment in (month(m) for m in range(1, 13)):
            changed = events and programme.versions and programme.version_at(moment) != after.version_at(moment)
            assert not changed or confirm or (moment >= month(now) and moment >= programme.versions[-1].effective_from)
        programme = after if events else programme
    assert [version.number for version in programme.versions] == list(range(1, len(programme.versions) + 1))


def refused(document: Document, *, after: Document | None = None, since: datetime | None = None) -> list[str]:
    """Return the pointers of what keeps a document from being published."""
    programme = PROGRAMME.fold([published(after, 1, month(1))] if after else [])
    with pytest.raises(Invalid) as refusal:
        PROGRAMME.decide(publish(document, since or month(5)), programme)
    return [at for at, _ in refusal.value.problems]


def test_a_faulty_rule_is_named_with_its_place_in_the_document() -> None:
    assert refused(earning(BASE, Rule(id="odd", on=("purchase",), effects=(Add(Fixed(0)),)))) == [
        "/earning/rules/1/effects/0/amount/points"
    ]


def test_a_currency_that_members_may_hold_stays() -> None:
    gone = structs.replace(SHOP, currencies=(POINTS,))
    other_kind = structs.replace(SHOP, currencies=(POINTS, structs.replace(TIER, kind="spendable")))
    assert refused(gone, after=SHOP) == refused(other_kind, after=SHOP) == ["/currencies"]


def test_a_stream_is_one_programmes() -> None:
    assert refused(structs.replace(SHOP, id="other"), after=SHOP) == ["/id"]


@pytest.mark.parametrize("since", [datetime(1969, 12, 31, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)])
def test_a_date_that_is_out_of_all_proportion_is_refused(since: datetime) -> None:
    programme = PROGRAMME.fold([])
    with pytest.raises(Invalid, match="effective_from"):
        PROGRAMME.decide(publish(SHOP, since, month(5)), programme)


@pytest.mark.parametrize(
    ("document", "at"),
    [
        (structs.replace(SHOP, id="Shop"), "/id"),
        (structs.replace(SHOP, name=""), "/name"),
        (structs.replace(SHOP, zone="Mars/Olympus"), "/zone"),
        (structs.replace(SHOP, zone="../../etc/passwd"), "/zone"),
        (structs.replace(SHOP, currencies=(TIER,), earning=RuleSet()), "/currencies"),
        (structs.replace(SHOP, currencies=(), earning=RuleSet()), "/currencies"),
        (structs.replace(SHOP, currencies=(POINTS, POINTS)), "/currencies/1/code"),
        (structs.replace(SHOP, currencies=(POINTS, PointsCurrency("P"))), "/currencies/1/code"),
        (
            structs.replace(SHOP, currencies=(PointsCurrency("points", value=Value(Decimal(0), "EUR")),)),
            "/currencies/0/value/amount",
        ),
        (
            structs.replace(SHOP, currencies=(PointsCurrency("points", value=Value(Decimal(1), "euro")),)),
            "/currencies/0/value/currency",
        ),
        (
            structs.replace(
                SHOP, currencies=(POINTS, PointsCurrency("t", "qualifying", value=Value(Decimal(1), "EUR")))
            ),
            "/currencies/1/value",
        ),
        (structs.replace(SHOP, terms={"mils": Terms()}), "/terms/mils"),
        (structs.replace(SHOP, terms={"points": Terms(-1)}), "/terms/points/pending_days"),
        (structs.replace(SHOP, terms={"points": Terms(0, 0)}), "/terms/points/valid_months"),
        (structs.replace(SHOP, terms={"points": Terms(valid_days=0)}), "/terms/points/valid_days"),
        (structs.replace(SHOP, terms={"points": Terms(inactive_months=1201)}), "/terms/points/inactive_months"),
        (structs.replace(SHOP, terms={"points": Terms(grace_days=-1)}), "/terms/points/grace_days"),
        (structs.replace(SHOP, terms={"points": Terms(ends_on="13-01")}), "/terms/points/ends_on"),
        (structs.replace(SHOP, terms={"points": Terms(awaits="The delivery")}), "/terms/points/awaits"),
        (structs.replace(SHOP, terms={"points": Terms(zone="Asia/Tokyo")}), "/terms/points/zone"),
    ],
)
def test_what_makes_no_sense_is_named_by_its_place(document: Document, at: str) -> None:
    assert places((fault.at, fault.says) for fault in document_faults(document)) == [at]


def test_terms_are_those_of_the_currency_in_the_programmes_zone() -> None:
    shop = structs.replace(SHOP, terms={"points": Terms(14, 24)})
    assert shop.terms_of("points") == Terms(14, 24, zone="Europe/Berlin")
    assert shop.terms_of("tier-points") == Terms(zone="Europe/Berlin")


@settings(max_examples=50, deadline=None)
@for_all(rule_sets())
def test_a_document_reads_as_it_was_written(made: RuleSet) -> None:
    document = structs.replace(SHOP, earning=made)
    assert msgspec.json.decode(msgspec.json.encode(document), type=Document) == document
