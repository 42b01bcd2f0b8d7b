"""Partners: prices of the day, packs, reversals at the original price, and months that close for good."""

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from msgspec import structs

from services.loyalty.domain.partners import process
from services.loyalty.domain.partners.agreement import Agreement, Price, faults
from services.loyalty.domain.partners.commands import Command
from services.loyalty.domain.partners.decider import PARTNER
from services.loyalty.domain.partners.events import PartnerAgreed, PartnerEntryBooked, PartnerMonthClosed
from services.loyalty.domain.partners.partner import Partner
from shared.errors import Invalid, Rejected
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
    history,
    moment,
    month,
    pack,
    pay,
    reverse,
    then,
    told,
)
from tests.loyalty.told_faults import places

ON = moment(1)


def refused(command: Command, *before: Command) -> str:
    with pytest.raises(Rejected) as refusal:
        then(command, *before)
    return refusal.value.code


# Agreements.


def test_an_agreement_made_again_is_the_same_and_another_takes_its_place() -> None:
    assert then(agree()) == (PartnerAgreed(HOTEL, AFTER),)
    assert then(agree(), agree()) == ()
    assert then(agree(BEFORE), agree()) == (PartnerAgreed(HOTEL, BEFORE),)


def test_money_and_zone_of_the_statements_stay() -> None:
    for other in (structs.replace(AFTER, money="USD"), structs.replace(AFTER, zone="Europe/Berlin")):
        assert refused(agree(other), agree()) == "agreement-differs"


@pytest.mark.parametrize(
    ("agreement", "field"),
    [
        (structs.replace(AFTER, name=" "), "name"),
        (structs.replace(AFTER, money="XQZ"), "money"),
        (structs.replace(AFTER, zone="Mars/Base"), "zone"),
        (structs.replace(BEFORE, overdraft=-1), "overdraft"),
        (structs.replace(AFTER, overdraft=5), "overdraft"),
        (structs.replace(AFTER, prices=()), "prices"),
        (structs.replace(AFTER, prices=(structs.replace(ACCRUAL, unit_price=Decimal(-1)),)), "prices[0].unit_price"),
        (structs.replace(AFTER, prices=(ACCRUAL, structs.replace(ACCRUAL, unit_price=Decimal(1)))), "prices"),
        (structs.replace(AFTER, prices=(DEARER, ACCRUAL)), "prices[1].since"),
    ],
)
def test_what_is_wrong_with_an_agreement_is_named_by_its_field(agreement: Agreement, field: str) -> None:
    assert places(faults(agreement)) == [field]
    with pytest.raises(Invalid):
        then(agree(agreement))


def test_a_price_holds_from_its_day_in_the_agreements_zone() -> None:
    agreement = structs.replace(AFTER, prices=(ACCRUAL, REDEMPTION, DEARER), zone="Europe/Berlin")
    evening = datetime(2026, 2, 28, 22, 59, tzinfo=UTC)
    assert agreement.price_at("accrual", "points", evening) == ACCRUAL
    assert agreement.price_at("accrual", "points", evening.replace(hour=23)) == DEARER
    assert agreement.price_at("redemption", "points", evening.replace(hour=23)) == REDEMPTION
    assert agreement.price_at("accrual", "miles", evening) is None
    assert agreement.month_of(evening.replace(hour=23)) == date(2026, 3, 1)


# Points.


def test_accruals_are_owed_to_us_and_redemptions_by_us_at_the_price_of_the_day() -> None:
    assert entry(book("o1", 1001, ON), agree()).amount == Decimal("15.02")
    assert entry(book("o1", 1000, ON, "redemption"), agree()).amount == Decimal("-8.00")
    dear = structs.replace(AFTER, prices=(ACCRUAL, DEARER))
    assert entry(book("o1", 1000, moment(3)), agree(dear)).amount == Decimal("20.00")


def test_an_event_books_once_and_never_as_something_else() -> None:
    before = (agree(), book("o1", 10, ON))
    assert then(book("o1", 10, moment(2)), *before) == ()
    assert refused(book("o1", 11, ON), *before) == "entry-differs"
    assert refused(book("o1", 10, ON, "redemption"), *before) == "entry-differs"


def test_without_an_agreement_or_a_price_nothing_is_booked() -> None:
    assert refused(book("o1", 10, ON)) == "partner-unknown"
    assert refused(book("o1", 10, ON, currency="miles"), agree()) == "price-unknown"
    assert refused(book("o1", 10, datetime(2025, 12, 31, tzinfo=UTC)), agree()) == "price-unknown"


@pytest.mark.parametrize("points", [0, -1, 2**63])
def test_only_points_that_are_some_and_fit_are_booked(points: int) -> None:
    assert refused(book("o1", points, ON), agree()) == "points-not-positive"
    assert refused(pack("p1", points, "1.00", ON), agree(BEFORE)) == "points-not-positive"
    assert refused(reverse("r1", "o1", points, ON), agree(), book("o1", 10, ON)) == "points-not-positive"


def test_a_partner_remembers_sums_and_not_every_entry_there_ever_was() -> None:
    books = told(agree())
    sizes = []
    for number in range(60):
        process.ask(books, book(f"o{number}", 10, ON))
        sizes.append(len(msgspec.json.encode(books.state(PARTNER, HOTEL))))
    assert max(sizes) - min(sizes) < 10  # the sum has more digits
    assert process.ask(books, book("o7", 10, ON)) == ()


def test_what_was_booked_before_entries_had_streams_of_their_own_counts_once_and_can_be_reversed() -> None:
    books = told(agree())
    books.events.append(structs.replace(entry(book("o1", 10, ON), agree()), apart=False))
    assert process.ask(books, book("o1", 10, ON)) == ()
    with pytest.raises(Rejected):
        process.ask(books, book("o1", 11, ON))
    process.ask(books, reverse("r1", "o1", 6, ON))
    assert process.ask(books, reverse("r1", "o1", 6, ON)) == ()
    with pytest.raises(Rejected) as refusal:
        process.ask(books, reverse("r2", "o1", 5, ON))
    assert refusal.value.code == "reversal-too-large"
    process.ask(books, reverse("r2", "o1", 4, ON))
    assert books.state(PARTNER, HOTEL).owes == 0


# Reversals.


def test_a_reversal_counts_at_the_original_price_whatever_is_agreed_now() -> None:
    dearer = structs.replace(AFTER, prices=(structs.replace(ACCRUAL, unit_price=Decimal(1)),))
    back = entry(reverse("r1", "o1", 400, moment(2)), agree(), book("o1", 1000, ON), agree(dearer))
    assert (back.amount, back.unit_price, back.points, back.month) == (
        Decimal("-6.00"),
        Decimal("0.015"),
        -400,
        month(2),
    )


def test_reversals_of_the_whole_give_back_exactly_what_it_cost() -> None:
    commands: list[Command] = [
        agree(),
        book("o1", 33, ON),
        *(reverse(f"r{number}", "o1", 11, ON) for number in range(3)),
    ]
    amounts = [event.amount for event in history(*commands) if isinstance(event, PartnerEntryBooked)]
    assert amounts == [Decimal("0.50"), Decimal("-0.17"), Decimal("-0.16"), Decimal("-0.17")]
    assert PARTNER.fold(history(*commands)).owes == 0


def test_a_reversal_takes_no_more_than_is_left_and_counts_once() -> None:
    before = (agree(), book("o1", 10, ON), reverse("r1", "o1", 6, ON))
    assert then(reverse("r1", "o1", 6, ON), *before) == ()
    assert refused(reverse("r1", "o1", 4, ON), *before) == "entry-differs"
    assert refused(reverse("r2", "o1", 5, ON), *before) == "reversal-too-large"
    assert refused(reverse("r2", "o9", 1, ON), *before) == "entry-unknown"
    assert refused(reverse("r2", "r1", 1, ON), *before) == "entry-unknown"


# Packs and payments.


def test_prepaid_accruals_come_out_of_packs_and_cost_nothing_more() -> None:
    before = (agree(BEFORE), pack("p1", 1000, "12.00", ON))
    assert entry(before[1], before[0]).amount == 12
    booked = entry(book("o1", 400, ON), *before)
    assert (str(booked.amount), booked.pack) == ("0.00", -400)
    assert PARTNER.fold(history(*before, book("o1", 400, ON))).pack == 600
    assert entry(book("o2", 400, ON, "redemption"), *before).pack == 0


def test_a_pack_never_falls_below_nothing_unless_that_is_agreed() -> None:
    before = (agree(BEFORE), pack("p1", 100, "1.20", ON))
    assert refused(book("o1", 101, ON), *before) == "pack-exhausted"
    assert entry(book("o1", 100, ON), *before).pack == -100
    agreed = structs.replace(BEFORE, overdraft=50)
    assert entry(book("o1", 150, ON), agree(agreed), before[1]).pack == -150
    assert refused(book("o1", 151, ON), agree(agreed), before[1]) == "pack-exhausted"


def test_a_reversal_of_prepaid_points_gives_them_back_to_the_pack() -> None:
    before = (agree(BEFORE), pack("p1", 100, "1.20", ON), book("o1", 80, ON), agree(AFTER))
    back = entry(reverse("r1", "o1", 30, ON), *before)
    assert (str(back.amount), back.pack) == ("0", 30)


def test_who_pays_afterwards_buys_no_packs() -> None:
    assert refused(pack("p1", 100, "1.20", ON), agree()) == "not-prepaid"
    assert then(pack("p1", 100, "1.20", ON), agree(BEFORE), pack("p1", 100, "1.20", ON)) == ()
    assert refused(pack("p1", 100, "1.30", ON), agree(BEFORE), pack("p1", 100, "1.20", ON)) == "entry-differs"
    full = pack("p1", 2**63 - 1, "1.00", ON)
    assert refused(pack("p2", 1, "1.00", ON), agree(BEFORE), full) == "points-overflow"


def test_payments_settle_what_is_owed() -> None:
    before = (agree(), book("o1", 1000, ON))
    assert PARTNER.fold(history(*before, pay("b1", "15.00", ON))).owes == 0
    assert then(pay("b1", "15.00", ON), *before, pay("b1", "15.00", ON)) == ()
    assert refused(pay("b1", "14.00", ON), *before, pay("b1", "15.00", ON)) == "entry-differs"
    assert entry(pay("b2", "-3.00", ON), *before).amount == 3
    for amount in ("0", "1.005"):
        assert refused(pay("b3", amount, ON), *before) == "amount-not-payable"
        assert refused(pack("p3", 1, amount, ON), agree(BEFORE)) == "amount-not-payable"


# Statements.


def test_a_month_closes_once_with_what_was_booked_in_it() -> None:
    before = (agree(), book("o1", 1000, ON), book("o2", 500, ON, "redemption"), book("o3", 1000, moment(2)))
    amounts = {"accrual": Decimal("15.00"), "redemption": Decimal("-4.00")}
    expected = PartnerMonthClosed(HOTEL, month(1), "EUR", Decimal(0), amounts, 2, Decimal("11.00"))
    assert then(close(1, moment(2)), *before) == [expected]
    assert then(close(1, moment(3)), *before, close(1, moment(2))) == ()


def test_a_month_that_isnt_over_cant_be_closed() -> None:
    assert refused(close(1, datetime(2026, 1, 31, 23, 59, tzinfo=UTC)), agree()) == "month-open"
    assert refused(close(4, ON), agree()) == "month-open"
    in_berlin = structs.replace(AFTER, zone="Europe/Berlin")
    assert len(then(close(1, datetime(2026, 1, 31, 23, tzinfo=UTC)), agree(in_berlin))) == 1
    assert refused(close(1, moment(2))) == "partner-unknown"


def test_closing_a_month_closes_those_before_it_each_for_itself() -> None:
    before = (agree(), book("o1", 1000, ON), book("o3", 1000, moment(3)))
    closed = then(close(3, moment(4)), *before)
    statements = [item for item in closed if isinstance(item, PartnerMonthClosed)]
    assert [item.month for item in statements] == [month(1), month(2), month(3)]
    assert [item.opening for item in statements] == [0, 15, 15]
    assert [item.closing for item in statements] == [15, 15, 30]


def test_what_comes_after_closing_goes_into_the_next_statement() -> None:
    before = (agree(), book("o1", 1000, ON), close(1, moment(2)))
    late = entry(book("o2", 100, ON), *before)
    assert (late.month, late.late, late.amount) == (month(2), True, Decimal("1.50"))
    assert entry(reverse("r1", "o1", 1000, ON), *before).month == month(2)
    assert entry(book("o2", 100, moment(2)), *before).late is False


def test_a_month_is_named_by_its_first_day() -> None:
    command = structs.replace(close(1, moment(3)), month=date(2026, 1, 2))
    assert refused(command, agree()) == "not-a-month"


def test_nothing_has_happened_yet_with_a_new_partner() -> None:
    assert Partner().owes == 0


def test_a_price_may_be_nothing() -> None:
    free = structs.replace(AFTER, prices=(Price("accrual", date(2026, 1, 1), Decimal(0)),))
    assert entry(book("o1", 10, ON), agree(free)).amount == 0
