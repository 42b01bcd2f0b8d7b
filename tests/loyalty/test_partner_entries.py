"""What is booked with a partner, whole: every field of an entry, of its own stream, and of a statement."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec import structs

from services.loyalty.domain.partners import process
from services.loyalty.domain.partners.agreement import HIGHEST, faults
from services.loyalty.domain.partners.commands import Command
from services.loyalty.domain.partners.entry import ENTRY, Entry, EntryKept, EntryReduced, key_of
from services.loyalty.domain.partners.events import PartnerEntryBooked
from services.loyalty.domain.partners.partner import Partner, Sums
from services.loyalty.domain.partners.process import streams_of
from shared.errors import Rejected
from tests.loyalty.partner_facts import (
    ACCRUAL,
    AFTER,
    BEFORE,
    DEARER,
    HOTEL,
    REDEMPTION,
    agree,
    book,
    close,
    entry,
    moment,
    month,
    pack,
    pay,
    reverse,
    then,
    told,
)

ON = moment(1)
IN_MILES = structs.replace(ACCRUAL, points_currency="miles", unit_price=Decimal("0.5"))
MILES = structs.replace(AFTER, prices=(*AFTER.prices, IN_MILES))


def detail(command: Command, *before: Command) -> str:
    with pytest.raises(Rejected) as refusal:
        then(command, *before)
    return refusal.value.detail


def test_an_accrual_is_booked_with_its_price_and_in_its_currency() -> None:
    assert entry(book("o1", 7, ON, currency="miles"), agree(MILES)) == PartnerEntryBooked(
        partner_id=HOTEL,
        entry_id="shop:o1",
        kind="accrual",
        happened_at=ON,
        month=month(1),
        points=7,
        unit_price=Decimal("0.5"),
        amount=Decimal("3.50"),
        money="EUR",
        points_currency="miles",
        pack=0,
        late=False,
        apart=True,
    )


def test_an_accrual_that_was_paid_in_advance_is_taken_from_the_pack() -> None:
    booked = entry(book("o1", 7, ON), agree(BEFORE), pack("p1", 10, "0.12", ON))
    assert booked == PartnerEntryBooked(
        *(HOTEL, "shop:o1", "accrual", ON, month(1), 7, Decimal("0.015"), Decimal("0.00"), "EUR"), pack=-7, apart=True
    )


def test_a_reversal_is_booked_late_into_the_open_month_and_names_what_it_reverses() -> None:
    before = (agree(MILES), book("o1", 7, ON, currency="miles"), close(1, moment(2)))
    assert entry(reverse("r1", "o1", 3, ON), *before) == PartnerEntryBooked(
        partner_id=HOTEL,
        entry_id="shop:r1",
        kind="reversal",
        happened_at=ON,
        month=month(2),
        points=-3,
        unit_price=Decimal("0.5"),
        amount=Decimal("-1.50"),
        money="EUR",
        points_currency="miles",
        reverses="shop:o1",
        pack=0,
        late=True,
        apart=True,
    )


def test_a_pack_is_booked_with_what_one_of_its_points_costs() -> None:
    assert entry(pack("p1", 7, "1.00", ON), agree(BEFORE)) == PartnerEntryBooked(
        *(HOTEL, "desk:p1", "pack", ON, month(1), 7, Decimal("0.142857"), Decimal("1.00"), "EUR"), pack=7, apart=True
    )
    late = entry(pack("p1", 7, "1.00", ON), agree(BEFORE), close(1, moment(2)))
    assert (late.month, late.late) == (month(2), True)


def test_a_payment_is_booked_without_points() -> None:
    paid = entry(pay("b1", "3.00", ON), agree())
    assert paid == PartnerEntryBooked(
        *(HOTEL, "bank:b1", "payment", ON, month(1), 0, Decimal(0), Decimal("-3.00"), "EUR"), apart=True
    )
    assert str(paid.unit_price) == "0"
    late = entry(pay("b1", "3.00", ON), agree(), close(1, moment(2)))
    assert (late.month, late.late) == (month(2), True)


def test_an_entry_keeps_what_was_booked_and_what_is_left_of_it() -> None:
    books = told(agree(BEFORE), pack("p1", 10, "0.12", ON), book("o1", 7, ON), reverse("r1", "o1", 3, ON))
    name = key_of(HOTEL, "shop:o1")
    what = (Decimal("0.015"), Decimal("0.00"), "points", "", True)
    assert books.logs[ENTRY.stream(name)] == [
        EntryKept(HOTEL, "shop:o1", "accrual", 7, *what),
        EntryReduced(HOTEL, "shop:o1", "shop:r1", 3),
    ]
    assert books.state(ENTRY, name) == Entry("accrual", 7, 4, *what)
    back = books.state(ENTRY, key_of(HOTEL, "shop:r1"))
    assert (back.kind, back.points, back.left, back.reverses, back.prepaid) == ("reversal", -3, -3, "shop:o1", False)
    assert ENTRY.fold([EntryReduced(HOTEL, "shop:o1", "shop:r1", 3)]) is None


def test_a_command_is_decided_on_the_partner_and_the_entries_that_it_is_about() -> None:
    assert streams_of(agree()) == ("partner-hotel",)
    assert streams_of(close(1, ON)) == ("partner-hotel",)
    assert streams_of(book("o1", 1, ON)) == ("partner-hotel", "entry-hotel:shop:o1")
    assert streams_of(reverse("r1", "o1", 1, ON)) == (
        "partner-hotel",
        "entry-hotel:shop:r1",
        "entry-hotel:shop:o1",
    )


def test_a_reversal_of_what_was_booked_before_entries_had_streams_leaves_none_for_it() -> None:
    books = told(agree())
    books.events.append(structs.replace(entry(book("o1", 10, ON), agree()), apart=False))
    process.ask(books, reverse("r1", "o1", 6, ON))
    assert books.state(ENTRY, key_of(HOTEL, "shop:o1")) is None
    assert books.state(ENTRY, key_of(HOTEL, "shop:r1")).points == -6


def test_refusals_name_their_numbers() -> None:
    bought = pack("p1", 5, "0.10", ON)
    assert detail(book("o1", 6, ON), agree(BEFORE), bought) == (
        "5 prepaid points are left and 6 are to be issued: buy a pack first."
    )
    assert detail(book("o1", 6, ON, currency="miles"), agree()) == (
        "No accrual price of miles is agreed for 2026-01-15T12:00:00+00:00."
    )
    assert detail(reverse("r1", "o1", 7, ON), agree(), book("o1", 6, ON)) == (
        "Of shop:o1, 6 points are left: take at most these."
    )
    assert detail(book("o1", 5, ON), agree(), book("o1", 6, ON)) == ("Entry shop:o1 is known as a accrual of 6 points.")
    assert (
        detail(agree(structs.replace(AFTER, money="USD")), agree()) == "hotel is settled in EUR by the months of UTC."
    )
    assert detail(close(1, ON), agree()) == "2026-01 isn't over: close it once the next month has begun."
    assert detail(pay("b1", "0.005", ON), agree()) == (
        "0.005 EUR can't be paid: give an amount of whole cents above 0."
    )


def test_what_is_wrong_with_an_agreement_is_told_in_these_words() -> None:
    wrong = structs.replace(AFTER, name=" ", money="Eur", zone="Berlin", overdraft=-1, prices=())
    assert [*faults(wrong)] == [
        ("name", "must say who the partner is"),
        ("money", "must be the three-letter code of a currency (ISO 4217), such as EUR"),
        ("zone", "must be a time zone, such as Europe/Berlin"),
        ("overdraft", "must not be negative"),
        ("overdraft", "is for prepaid points only"),
        ("prices", "must hold a price at least"),
    ]


def test_prices_lie_from_nothing_to_below_a_million_and_in_the_order_of_their_days() -> None:
    def priced(*amounts: Decimal) -> list[tuple[str, str]]:
        those = [structs.replace(ACCRUAL, since=date(2026, 1, n), unit_price=one) for n, one in enumerate(amounts, 1)]
        return [*faults(structs.replace(AFTER, prices=tuple(those)))]

    assert priced(Decimal(0), HIGHEST - Decimal("0.01")) == []
    assert priced(Decimal(0), HIGHEST) == [("prices[1].unit_price", "must be at least 0 and below 1000000")]
    assert priced(Decimal("-0.01")) == [("prices[0].unit_price", "must be at least 0 and below 1000000")]
    turned = structs.replace(AFTER, prices=(DEARER, ACCRUAL, REDEMPTION))
    assert [*faults(turned)] == [("prices[1].since", "accrual prices must be in the order of their days")]
    twice = structs.replace(AFTER, prices=(ACCRUAL, structs.replace(ACCRUAL, unit_price=Decimal(1))))
    assert [*faults(twice)] == [("prices", "accrual of points has two prices since 2026-01-01")]
    mixed = structs.replace(AFTER, prices=(DEARER, structs.replace(ACCRUAL, points_currency="miles"), REDEMPTION))
    assert [*faults(mixed)] == []


def test_what_a_partner_owes_is_the_balance_of_the_last_closed_month_and_the_open_ones() -> None:
    sums = {
        month(2): Sums({"accrual": Decimal(5), "payment": Decimal(-2)}, 2),
        month(3): Sums({"redemption": Decimal(-1)}, 1),
    }
    assert Partner(open=sums, balance=Decimal(10)).owes == 12


def test_december_is_followed_by_january() -> None:
    december = datetime(2026, 12, 15, tzinfo=UTC)
    closed = structs.replace(close(1, datetime(2027, 1, 1, tzinfo=UTC)), month=date(2026, 12, 1))
    late = entry(book("o2", 1, december), agree(), book("o1", 1, december), closed)
    assert (late.month, late.late) == (date(2027, 1, 1), True)
