"""What a process keeps of an account is what the account has, at whatever moment; and it is looked through once."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.api import balances
from services.loyalty.api.balances import KEPT, KeptHavings
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Hold
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.having import Havings, had, having
from services.loyalty.domain.programme.terms import Terms
from tests.loyalty.histories import STEPS, Step, log_of
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of

MOMENTS = st.lists(st.floats(0, 150).map(day), min_size=2, max_size=8)


def said(havings: Havings) -> dict[str, Any]:
    return {code: tuple(getattr(own, name) for name in own.__slots__) for code, own in havings.items()}


@settings(max_examples=300, deadline=None)
@for_all(STEPS, st.integers(0, 40), MOMENTS)
def test_what_is_kept_of_accounts_is_what_they_have_at_any_moment(
    steps: list[Step], cut: int, moments: list[datetime]
) -> None:
    events = [fact.event for fact in log_of(steps)]
    kept, before, after = KeptHavings(), ACCOUNT.fold(events[:cut]), ACCOUNT.fold(events)
    for account in (before, after):
        both = {"one": account, "another": after}
        for now in moments:
            assert said(kept.of(both, now)) == said(having([account.settled(), after.settled()], now))


def counting(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Return the moments at which an account was looked through."""
    looked = list[datetime]()

    def look(account: Account, now: datetime) -> Havings:
        looked.append(now)
        return had(account, now)

    monkeypatch.setattr(balances, "had", look)
    return looked


def test_an_account_is_looked_through_again_only_where_an_event_or_the_time_changes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked, kept = counting(monkeypatch), KeptHavings()
    waiting = ACCOUNT.fold(history_of(earn("o1", "30", 0, terms=Terms(5, 1))))
    for at in (1, 2, 4.9, 5, 20, 30, 60, 90):
        kept.of({"anna": waiting}, day(at))
    assert looked == [day(1), day(5), day(60)]
    kept.of({"anna": ACCOUNT.fold(history_of(earn("o1", "30", 0), earn("o2", "5", 0)))}, day(90))
    assert looked[3:] == [day(90)]


def test_a_hold_that_ends_by_time_is_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, kept = counting(monkeypatch), KeptHavings()
    held = ACCOUNT.fold(history_of(earn("o1", "30"), Hold(ANNA, "h1", 10, "parcel", day(1), day(9))))
    assert [kept.of({"anna": held}, day(at))["points"].active for at in (1, 8.9, 9, 20)] == [20, 20, 30, 30]
    assert looked == [day(1), day(9)]


def test_whoever_wasnt_asked_for_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, kept, account = counting(monkeypatch), KeptHavings(), Account()
    for number in range(KEPT + 1):
        kept.of({str(number): account}, day(1))
    looked.clear()
    kept.of({"1": account}, day(2))
    assert looked == []
    kept.of({"0": account}, day(2))
    assert looked == [day(2)]
