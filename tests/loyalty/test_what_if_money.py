"""What a what-if tells of returns, of single points and of what the other rules leave out: by hand, to the cent."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import structs

from services.loyalty.domain.ledger.commands import Enrol
from services.loyalty.domain.liability.cohort import Cohort, Moved
from services.loyalty.domain.rules.amounts import PerAmount
from services.loyalty.domain.rules.language import Base, Limit
from services.loyalty.domain.what_if.outcome import MoneyLine
from services.loyalty.domain.what_if.simulation import SIMULATION, Advance
from services.loyalty.domain.what_if.tally import Cell
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.rule_sets import rule, rules
from tests.loyalty.test_simulation_rules import HALF, REQUESTED, STARTED
from tests.loyalty.test_what_if_rules import BASE, DOUBLE, TABLE, THREE, order, outcome, told
from tests.loyalty.tier_facts import ANNIVERSARY
from tests.loyalty.what_if_facts import Log, asked, document, played, published

JANUARY, FEBRUARY = (day(on).date().replace(day=1) for on in (1, 30))
COHORT = Cohort(JANUARY, "points", "", "EUR")
NOTHING = Decimal(0)
NOTHING_EARNS: dict[str, Any] = {"earning": {"rules": {"base": None}}}


def given_back() -> Log:
    """An order of ten euros in January, of which a half was given back in February."""
    log = told(published(BASE), (ANNA, order("o1", "10.00", 1)))
    log.give_back("r1", "o1", Decimal("5.00"), on=day(30))
    return log


def money(log: Log, patch: dict[str, Any], moved: Sequence[Moved] = ()) -> MoneyLine:
    (line,) = outcome(log, asked(patch=patch), moved).money
    return line


def test_a_return_is_told_in_the_month_in_which_it_happened() -> None:
    key = (JANUARY, "points", "", "EUR")
    tally = played(given_back(), asked(patch=DOUBLE)).tally
    assert tally.real.cells == {
        (*key, JANUARY): Cell(10, 0, Decimal("5.00")),
        (*key, FEBRUARY): Cell(0, 5, Decimal(0)),
    }
    assert tally.simulated.cells == {
        (*key, JANUARY): Cell(20, 0, Decimal("5.00")),
        (*key, FEBRUARY): Cell(0, 10, Decimal(0)),
    }


def test_what_was_given_back_is_owed_no_more_by_the_other_rules_either() -> None:
    """Five euros were paid for what stays: 5 points worth 0.04 as expected, or 10 points worth 0.08."""
    really = [
        Moved(COHORT, JANUARY, issued=10, price=Decimal(5), goods=Decimal(5)),
        Moved(COHORT, FEBRUARY, reversed=5),
    ]
    assert money(given_back(), DOUBLE, really) == MoneyLine(
        "EUR", Decimal("0.04"), Decimal("0.08"), Decimal("0.04"), Decimal("0.08")
    )


def test_rules_that_give_nothing_cost_nothing_and_leave_nothing_owed() -> None:
    really = [Moved(COHORT, JANUARY, issued=10, price=Decimal(10), goods=Decimal(10))]
    log = told(published(BASE), (ANNA, order("o1", "10.00", 1)))
    line = money(log, NOTHING_EARNS, really)
    assert (line.cost, line.cost_simulated, line.liability_simulated) == (Decimal("0.08"), NOTHING, NOTHING)


def test_a_rule_that_gave_a_single_point_gave_once_and_one_that_gave_none_never() -> None:
    found = outcome(told(published(BASE), (ANNA, order("o1", "1.00", 1)), (ANNA, order("o2", "0.50", 2))), asked())
    assert [(line.rule, line.real.times, line.real.granted) for line in found.rules] == [("base", 1, 1)]


def test_where_no_rule_earns_by_tiers_each_fact_keeps_the_tier_that_its_member_had() -> None:
    play = played(told(published(BASE, tiers=TABLE), *THREE, (ANNA, order("o4", "9", 50))), asked()).plays[ANNA]
    assert [judged.member.tier for judged in play.earnings.judged.values()] == ["member", "member", "member", "silver"]


def test_a_simulation_tells_how_far_it_is() -> None:
    assert SIMULATION.fold([REQUESTED, STARTED, HALF]).progress == HALF.progress


def test_the_next_step_is_noted_while_a_simulation_runs() -> None:
    given(SIMULATION, REQUESTED, STARTED).when(Advance(HALF)).then(HALF)
    given(SIMULATION, REQUESTED).when(Advance(HALF)).then_nothing()


def test_a_tier_by_anniversaries_counts_from_the_enrolment_on_both_sides() -> None:
    """Enrolled on 25 January: what came before and after that day lies in two periods, and 20 + 20 make no 30."""
    log = told(published(BASE, tiers=structs.replace(TABLE, period=ANNIVERSARY)))
    log.do(ANNA, Enrol(ANNA, day(-345)))
    for name, on in (("o1", 10), ("o2", 30)):
        log.tell(order(name, "20.00", on))
    found = outcome(log, asked())
    assert [(line.key, line.real, line.simulated) for line in found.tiers] == [("member", 1, 1)]


def test_a_limit_that_all_share_holds_for_what_is_judged_again_too() -> None:
    """Told late, the first order takes what it wants of the 25 that the month has, and the second gets the rest."""
    shared = document(rules(rule("base", Base(PerAmount(1)), budgets=(Limit(25, "month"),))))
    log = told(published(BASE), (ANNA, order("o2", "20.00", 2)), (ANNA, order("o1", "10.00", 1)))
    result = played(log, asked(document=shared))
    stands = {key: sum(of.values()) for key, of in result.plays[ANNA].simulated.stands.items()}
    assert stands == {"shop:o2": 20, "shop:o1": 5}
