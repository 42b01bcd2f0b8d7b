"""What a programme may choose: if a refund leaves a debt, and if a lapsed spend that is taken back lives on."""

from msgspec import structs

from services.loyalty.domain.ledger.commands import ReverseSpend
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import PointsReversed, SpendReversed
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.lot import part_of
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.programme.terms import Terms
from tests.loyalty.loyalty_facts import ANNA, day, earn, history_of, refund, spend

LAPSES = Terms(valid_months=1)
NEW = part_of("shop:o1", "s1")


def test_a_capped_refund_takes_what_there_is_and_leaves_no_debt() -> None:
    history = history_of(earn("o1", "30"), spend("s1", 20))
    (event,) = ACCOUNT.decide(structs.replace(refund("r1", "o1", "30"), debt="cap"), ACCOUNT.fold(history))
    assert isinstance(event, PointsReversed)
    assert (event.points, event.allocations, event.debt, event.waived) == (30, {"shop:o1": 10}, 0, 20)
    assert journal(event)["issued"] == 10
    assert ACCOUNT.fold([*history, event]).owed() == 0


def test_a_refund_that_waited_follows_the_policy_of_its_order() -> None:
    history = history_of(refund("r1", "o2", "30"), earn("o1", "5"), structs.replace(earn("o2", "30"), debt="cap"))
    assert ACCOUNT.fold(history).net(day(1)) == 5


def taken_back(policy: LapsePolicy, now: float = 40) -> SpendReversed:
    history = history_of(earn("o1", "30", terms=LAPSES), earn("o2", "10"), spend("s1", 35))
    (event,) = ACCOUNT.decide(ReverseSpend(ANNA, "s1", day(now), policy), ACCOUNT.fold(history))
    assert isinstance(event, SpendReversed)
    assert sum(journal(event).values()) == 0
    account = ACCOUNT.fold([*history, event])
    for lot in account.lots.values():
        parts = (lot.pending(day(now)), lot.active(day(now)), lot.spent, lot.expired(day(now)), lot.transferred)
        assert sum(parts) == lot.points
    assert account.balance(day(now)) == event.balance_after
    return event


def test_points_that_lapsed_are_forfeited_by_default() -> None:
    event = taken_back(LapsePolicy())
    assert (event.forfeited, event.revived, event.balance_after) == ({"shop:o1": 30}, (), 10)


def test_grace_lets_them_live_some_days_more() -> None:
    event = taken_back(LapsePolicy("grace", 14))
    (lot,) = event.revived
    assert (lot.lot_id, lot.origin, lot.points, lot.expires_at) == (NEW, "shop:o1", 30, day(54))
    assert (event.forfeited, event.balance_after) == ({}, 40)


def test_a_renewed_lot_lives_as_if_it_were_earned_now() -> None:
    (lot,) = taken_back(LapsePolicy("renew")).revived
    assert lot.expires_at == LAPSES.expires_at(day(40))


def test_no_policy_matters_where_nothing_had_lapsed() -> None:
    for policy in (LapsePolicy(), LapsePolicy("grace", 14), LapsePolicy("renew")):
        event = taken_back(policy, 5)
        assert (event.forfeited, event.revived, event.balance_after) == ({}, (), 40)


def test_what_lives_on_repays_a_debt_first() -> None:
    history = history_of(
        earn("o1", "30", terms=LAPSES), earn("o2", "10"), spend("s1", 30), spend("s2", 10), refund("r1", "o2", "10")
    )
    (event,) = ACCOUNT.decide(ReverseSpend(ANNA, "s1", day(40), LapsePolicy("grace", 14)), ACCOUNT.fold(history))
    assert isinstance(event, SpendReversed)
    assert (event.repaid, event.balance_after) == ({NEW: 10}, 20)
