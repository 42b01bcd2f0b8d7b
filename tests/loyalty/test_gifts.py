"""Gifts: what one gives the other gets, with its cost and its end; never to oneself, nor into a closed account."""

from decimal import Decimal
from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.domain.ledger.commands import Command, Freeze, Give, Receive
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, MemberEnrolled, PointsGiven, PointsReceived
from services.loyalty.domain.ledger.journal import journal
from services.loyalty.domain.ledger.lot import UnitCost
from services.loyalty.domain.ledger.policies import TransferPolicy
from services.loyalty.domain.ledger.together import routes
from services.loyalty.domain.programme.terms import Terms
from shared.errors import Rejected
from shared.testing.given import given
from tests.loyalty.loyalty_facts import ANNA, BERT, day, earn, history_of, refund, spend

CARL = UUID(int=3)
LAPSES = Terms(valid_months=1)
COST = UnitCost(Decimal("0.01"), "EUR")


def give(points: int, now: float = 1, name: str = "t1", to: UUID = BERT) -> Give:
    return Give(ANNA, to, name, points, "birthday", day(now))


def received(given_: PointsGiven) -> Receive:
    return Receive(BERT, ANNA, given_.transfer_id, given_.lots, day(1))


def gift_of(history: list[Event], command: Give) -> PointsGiven:
    (event,) = ACCOUNT.decide(command, ACCOUNT.fold(history))
    assert isinstance(event, PointsGiven)
    return event


EARNED = history_of(
    earn("never", "20"), structs.replace(earn("soon", "10", terms=LAPSES), partner="bank", unit_cost=COST)
)
BERTS: list[Event] = [MemberEnrolled(BERT)]


def test_a_gift_takes_the_lots_in_spending_order_and_their_cost_and_end_go_with_them() -> None:
    event = gift_of(EARNED, give(15))
    assert event.allocations == {"shop:soon": 10, "shop:never": 5}
    (got,) = ACCOUNT.decide(received(event), ACCOUNT.fold(BERTS))
    assert isinstance(got, PointsReceived)
    lots = ACCOUNT.fold([*BERTS, got]).lots
    soon = lots[f"shop:soon / {ANNA}:t1"]
    assert (soon.points, soon.origin, soon.partner, soon.unit_cost) == (10, "shop:soon", "bank", COST)
    assert soon.expires_at == ACCOUNT.fold(EARNED).lots["shop:soon"].expires_at
    assert lots[f"shop:never / {ANNA}:t1"].expires_at is None


def test_both_journals_together_sum_to_nothing_but_what_was_moved() -> None:
    event = gift_of(EARNED, give(15))
    (got,) = ACCOUNT.decide(received(event), ACCOUNT.fold(BERTS))
    entries = [journal(event), journal(got)]
    assert sum(entry["transfers"] for entry in entries) == 0
    assert [sum(entry.values()) for entry in entries] == [0, 0]
    assert ACCOUNT.fold([*EARNED, event]).balance(day(1)) == 15
    assert ACCOUNT.fold([*BERTS, got]).balance(day(1)) == 15


def test_a_gift_counts_once_on_both_sides_and_never_with_another_number() -> None:
    event = gift_of(EARNED, give(15))
    (got,) = ACCOUNT.decide(received(event), ACCOUNT.fold(BERTS))
    given(ACCOUNT, *EARNED, event).when(give(15)).then_nothing()
    given(ACCOUNT, *EARNED, event).when(give(14)).then_rejected("transfer-differs")
    given(ACCOUNT, *EARNED, event).when(give(15, to=CARL)).then_rejected("transfer-differs")
    given(ACCOUNT, *BERTS, got).when(received(event)).then_nothing()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (give(31), "balance-too-low"),
        (give(0), "transfer-out-of-bounds"),
        (give(5, to=ANNA), "transfer-to-oneself"),
        (structs.replace(give(5), policy=TransferPolicy(allowed=False)), "transfers-not-allowed"),
        (structs.replace(give(5), policy=TransferPolicy(at_most=4)), "transfer-out-of-bounds"),
        (structs.replace(give(5), points_currency="gold"), "currency-unknown"),
        (
            structs.replace(give(5), points_currency="status", declared=Declared(qualifying=("status",))),
            "currency-not-spendable",
        ),
    ],
)
def test_what_can_not_be_given_is_refused(command: Give, code: str) -> None:
    given(ACCOUNT, *EARNED).when(command).then_rejected(code)


def test_nothing_is_given_out_of_a_frozen_account_or_while_in_debt() -> None:
    frozen = [*EARNED, *ACCOUNT.decide(Freeze(ANNA, "x", "carl", day(0)), ACCOUNT.fold(EARNED))]
    given(ACCOUNT, *frozen).when(give(5)).then_rejected("account-frozen")
    owes = history_of(earn("o1", "20"), spend("s1", 20), refund("r1", "o1", "20"))
    given(ACCOUNT, *owes).when(give(5)).then_rejected("in-debt")


def test_whoever_is_no_member_or_frozen_gets_nothing() -> None:
    event = gift_of(EARNED, give(5))
    given(ACCOUNT).when(received(event)).then_rejected("recipient-unknown")
    frozen = [*BERTS, *ACCOUNT.decide(Freeze(BERT, "x", "carl", day(0)), ACCOUNT.fold(BERTS))]
    given(ACCOUNT, *frozen).when(received(event)).then_rejected("recipient-frozen")


def test_points_that_are_received_repay_a_debt_first() -> None:
    owes: list[Event] = []
    for command in (earn("b1", "20"), spend("b", 20), refund("r", "b1", "12")):
        owes += ACCOUNT.decide(structs.replace(command, customer_id=BERT), ACCOUNT.fold(owes))
    event = gift_of(EARNED, give(15))
    (got,) = ACCOUNT.decide(received(event), ACCOUNT.fold(owes))
    assert isinstance(got, PointsReceived)
    assert got.repaid == {f"shop:soon / {ANNA}:t1": 10, f"shop:never / {ANNA}:t1": 2}
    account = ACCOUNT.fold([*owes, got])
    assert (account.owed(), account.balance(day(1))) == (0, 3)


def test_merged_members_give_together_and_never_to_each_other() -> None:
    accounts = {str(ANNA): ACCOUNT.fold(EARNED), str(BERT): ACCOUNT.fold(earned_by_bert())}
    with pytest.raises(Rejected, match="merged"):
        routes(give(5), accounts, str(ANNA))
    parts: dict[str, Command] = dict(routes(give(35, to=CARL), accounts, str(ANNA)))
    assert {owner: (getattr(part, "points", 0), getattr(part, "whole", 0)) for owner, part in parts.items()} == {
        str(ANNA): (30, 35),
        str(BERT): (5, 35),
    }


def earned_by_bert() -> list[Event]:
    return [*ACCOUNT.decide(structs.replace(earn("b1", "20", 0.5), customer_id=BERT), ACCOUNT.initial)]
