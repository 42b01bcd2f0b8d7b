"""What the line of a cohort says: rates that the months before teach, values by currency and money, sums of both."""

from datetime import date
from decimal import Decimal

from services.loyalty.domain.liability.allocation import allocated, recognised, to_rate
from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.cohort import Cohort, Moved, Position, age, month_after, position
from services.loyalty.domain.liability.liability import Line, lines, possible
from services.loyalty.domain.liability.redemption import estimate, learn, next_rate
from services.loyalty.domain.liability.total import totals
from services.loyalty.domain.liability.triangle import WINDOW, Movements

JANUARY = date(2016, 1, 1)
FADING = (200, 140, 98, 69, 48, 34, 24, 17)
MONTHS = len(FADING)
LAPSING = Assumptions(Decimal("0.01"), Decimal("0.8"), MONTHS)
LASTING = Assumptions(Decimal("0.01"), Decimal("0.8"), None)


def month(number: int) -> date:
    return month_after(JANUARY, number)


def cohort(number: int, currency: str = "points", money: str = "EUR") -> Cohort:
    return Cohort(month(number), currency, "", money)


def sold(one: Cohort, points: int = 1_000) -> Moved:
    return Moved(one, one.month, points, price=Decimal(points), goods=Decimal(points))


def history() -> list[Moved]:
    """Months whose points are redeemed ever more slowly, and in every other month somewhat faster."""
    found = [sold(cohort(number)) for number in range(MONTHS)]
    for number in range(MONTHS):
        for later, redeemed in enumerate(FADING[: MONTHS - number]):
            found.append(Moved(cohort(number), month(number + later), redeemed=redeemed + 9 * (number % 2)))
    return found


def of(assumed: Assumptions) -> list[Line]:
    return lines(history(), month(MONTHS), lambda *_: assumed)


def test_each_line_has_the_rates_that_the_months_before_teach_for_as_long_as_its_points_live() -> None:
    for assumed in (LAPSING, LASTING):
        seen = Movements(history()).triangle(month(MONTHS))
        known = learn(seen, assumed.ages)
        for line in of(assumed):
            expected = estimate(known, seen, age(JANUARY, line.cohort.month), 0.8)
            assert (line.method, line.rate) == (expected.method, to_rate(expected.rate))
            assert expected.low is not None
            assert expected.high is not None
            assert (line.rate_low, line.rate_high) == (to_rate(expected.low), to_rate(expected.high))
            before = learn(Movements(history()).triangle(line.cohort.month), assumed.ages)
            assert line.initial_rate == to_rate(next_rate(before, 0.8))
    pairs = list(zip(of(LAPSING), of(LASTING), strict=True))
    assert all(lapsing.rate < lasting.rate for lapsing, lasting in pairs)
    assert pairs[-1][0].initial_rate < pairs[-1][1].initial_rate


def test_what_is_assumed_is_that_of_the_points_own_currency() -> None:
    assumptions = {"points": LASTING, "miles": Assumptions(Decimal("0.02"), Decimal("0.5"))}
    moved = [sold(cohort(0)), sold(cohort(0, "miles"))]
    miles, points = lines(moved, month(1), lambda currency, _: assumptions[currency])
    # 1,000 of goods beside 1,000 points: of 0.01 x 80 %, and of 0.02 x 50 %.
    assert (points.allocated, miles.allocated) == (Decimal("7.94"), Decimal("9.90"))
    assert (points.rate, miles.rate) == (Decimal("0.8"), Decimal("0.5"))


def test_a_point_is_worth_what_is_said_for_the_money_of_its_sale() -> None:
    worth = Assumptions(Decimal("0.01"), Decimal("0.8"), values={"JPY": Decimal("1.5")})
    euros, yen = lines([sold(cohort(0)), sold(cohort(0, money="JPY"))], month(1), lambda *_: worth)
    assert (euros.allocated, yen.allocated) == (Decimal("7.94"), Decimal(545))  # 1000 x 1200 / 2200


def test_of_months_before_the_window_nothing_more_is_expected_and_of_its_first_month_as_of_the_others() -> None:
    moved = [item for number in range(WINDOW + 2) for item in (sold(cohort(number)), used(cohort(number), 400))]
    found = lines(moved, month(WINDOW + 2), lambda *_: LAPSING)
    assert [line.rate for line in found[:4]] == [0, 0, Decimal("0.4"), Decimal("0.4")]


def used(one: Cohort, points: int) -> Moved:
    return Moved(one, one.month, redeemed=points)


def test_less_than_a_point_may_be_expected() -> None:
    assert possible(Position(issued=1), Decimal("0.5")) == Decimal("0.5")
    assert allocated(Decimal(3), Decimal(1), Decimal("0.5")) == 1
    assert recognised(Decimal(3), 0, Decimal("0.5")) == 0


def test_a_total_is_the_sum_of_what_became_of_all_points() -> None:
    lapsed = Moved(cohort(0), month(0), lapsed=100)
    moved = [sold(cohort(0)), used(cohort(0), 300), lapsed, sold(cohort(1), 500), used(cohort(1), 50)]
    (total,) = totals(lines(moved, month(2), lambda *_: LASTING))
    assert (total.points, total.redeemed, total.lapsed, total.outstanding) == (1_500, 350, 100, 1_050)
    assert total.allocated == total.revenue + total.liability
    assert total.low == total.liability == total.high  # no interval is known yet


def test_nothing_has_become_of_a_cohort_that_nothing_moved() -> None:
    assert position([]) == Position()
    assert str(position([]).price) == str(position([]).goods) == "0"
