"""Several point currencies in one account: each has its lots, its balance and its debt; an unknown one is refused."""

import pytest
from msgspec import json, structs

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger.commands import Earn, Spend
from services.loyalty.domain.ledger.currencies import PLAIN, POINTS, Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import PointsEarned
from services.loyalty.settings import TermsSettings
from shared.events import encode
from shared.settings import SettingsInvalid, read
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ENROLLED, day, earn, earned, history_of, refund, spend

DECLARED = Declared((POINTS, "miles"), ("status",))


def earning(order: str, net: str, currency: str, declared: Declared = DECLARED) -> Earn:
    return structs.replace(earn(order, net), points_currency=currency, declared=declared)


def spending(name: str, points: int, currency: str) -> Spend:
    return structs.replace(spend(name, points), points_currency=currency, declared=DECLARED)


BOTH = history_of(earn("o1", "30"), earning("o2", "20", "miles"))


def test_each_currency_has_a_balance_of_its_own() -> None:
    account = ACCOUNT.fold(BOTH)
    assert [account.balance(day(0), currency) for currency in (POINTS, "miles", "status")] == [30, 20, 0]


def test_points_of_one_currency_pay_nothing_in_another() -> None:
    given(ACCOUNT, *BOTH).when(spending("s1", 21, "miles")).then_rejected("balance-too-low")
    (event,) = ACCOUNT.decide(spending("s1", 20, "miles"), ACCOUNT.fold(BOTH))
    account = ACCOUNT.fold([*BOTH, event])
    assert (account.balance(day(0)), account.balance(day(0), "miles")) == (30, 0)


def test_a_debt_is_of_its_currency_and_only_its_earnings_repay_it() -> None:
    owes = history_of(
        earning("o2", "20", "miles"), spending("s1", 20, "miles"), refund("r1", "o2", "20"), earn("o1", "30")
    )
    account = ACCOUNT.fold(owes)
    assert (account.owed("miles"), account.owed(), account.balance(day(0))) == (20, 0, 30)
    given(ACCOUNT, *owes).when(spending("s2", 1, "miles")).then_rejected("in-debt")
    after = ACCOUNT.fold([*owes, *ACCOUNT.decide(earning("o3", "25", "miles"), account)])
    assert (after.owed("miles"), after.balance(day(0), "miles")) == (0, 5)


@pytest.mark.parametrize("currency", ["gold", "", "MILES"])
def test_a_currency_that_is_not_declared_is_refused(currency: str) -> None:
    given(ACCOUNT, *BOTH).when(earning("o3", "1", currency)).then_rejected("currency-unknown")
    given(ACCOUNT, *BOTH).when(spending("s1", 1, currency)).then_rejected("currency-unknown")


def test_qualifying_points_are_earned_and_cannot_be_spent() -> None:
    history = history_of(earning("o1", "30", "status"))
    assert ACCOUNT.fold(history).balance(day(0), "status") == 30
    given(ACCOUNT, *history).when(spending("s1", 1, "status")).then_rejected("currency-not-spendable")


def test_a_spend_told_again_in_another_currency_is_refused() -> None:
    history = [*BOTH, *ACCOUNT.decide(spend("s1", 5), ACCOUNT.fold(BOTH))]
    given(ACCOUNT, *history).when(spending("s1", 5, "miles")).then_rejected("spend-differs")


def test_events_from_before_there_were_currencies_are_points() -> None:
    event = earned("o1", "30", 30, 30)
    stored = json.decode(encode(event))
    assert "points_currency" not in stored
    read_again = PUBLISHED.decode("points-earned", 1, encode(event))
    assert isinstance(read_again, PointsEarned)
    assert ACCOUNT.fold([ENROLLED, read_again]).balance(day(0), POINTS) == 30


def test_currencies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(TermsSettings).declared == PLAIN
    monkeypatch.setenv("LOYALTY_CURRENCIES", "miles, points, status:qualifying")
    assert read(TermsSettings).declared == Declared(("miles", "points"), ("status",))


@pytest.mark.parametrize("value", ["", "Miles", "miles,miles", "status:qualifying", "a b", "miles,", "miles:spendable"])
def test_currencies_that_make_no_sense_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LOYALTY_CURRENCIES", value)
    with pytest.raises(SettingsInvalid, match="LOYALTY_CURRENCIES"):
        read(TermsSettings)
