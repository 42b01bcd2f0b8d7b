"""What a statement says of movements, and of what lapses soon."""

from datetime import timedelta
from decimal import Decimal

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.commands import Hold
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, HoldCaptured, PointsReversed, SpendReversed
from services.loyalty.domain.ledger.movements import Fact, Movement
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.statements.lapsing import SOON, Lapse, lapsing
from services.loyalty.domain.statements.wording import Words, words
from tests.loyalty.loyalty_facts import ANNA, NOW, day, earn, earned, history_of, spend

MONTHLY = Terms(valid_months=1)


def said(event: Event, name: str = "") -> Words:
    fact = Fact("e", str(ANNA), type(event).__name__, NOW, NOW, event)
    return words(Movement(NOW, fact.type, 0, 0, fact), lambda _, __: name)


def lapses(account: Account, now: float = 0, soon: timedelta = SOON) -> tuple[Lapse, ...]:
    return lapsing({str(ANNA): account}, "points", day(now), day(now) + soon)


def test_an_earning_is_said_by_the_name_of_its_rule() -> None:
    event = earned("o1", "30", 30, 30)
    assert said(event, "A point for each euro").says == "Earned: A point for each euro (shop o1)"
    assert said(event).says == "Earned (shop o1)"
    assert said(structs.replace(event, pending=30)).says == "30 points that can be spent later (shop o1)"
    assert said(structs.replace(event, debt_repaid=5)).says == "Earned (shop o1), 5 of them repaid what was owed"


def test_what_is_owed_and_what_had_lapsed_is_said() -> None:
    taken = PointsReversed(ANNA, "shop:o1", "shop", "o1", "r1", 9, Decimal(30), Decimal(21), {}, 4, 0)
    assert said(taken).says == "Taken back, as an order was paid back (shop o1); 4 points are owed"
    late = structs.replace(taken, refund_id="", debt=0)
    assert said(late).says == "Taken back, as something was told late (shop o1)"
    back = SpendReversed(ANNA, "s1", 9, {"a": 9}, {"a": 2}, 0, {"a": 7})
    assert said(back).says == (
        "Given back, as a spend was taken back, 2 of them repaid what was owed; 7 of them had lapsed meanwhile"
    )
    captured = HoldCaptured(ANNA, "h1", 5, {"a": 5}, 0, {"a": 4})
    assert said(captured).says == "Spent, of what was kept aside; 4 points given back"


def test_a_reason_stands_beside_what_is_said_so_that_it_can_stay_sealed() -> None:
    (event,) = ACCOUNT.decide(spend("s1", 10), ACCOUNT.fold(history_of(earn("o1", "30"))))
    assert said(event) == Words("Spent", "voucher")


def test_what_lapses_soon_is_summed_by_its_moment_and_what_lapses_later_isnt_told() -> None:
    orders = (earn("o1", "30", terms=MONTHLY), earn("o2", "12", terms=MONTHLY), earn("o3", "5"))
    later = earn("o4", "7", terms=Terms(valid_months=12))
    account = ACCOUNT.fold(history_of(*orders, later, spend("s1", 2)))
    assert lapses(account) == (Lapse(day(31), 40),)
    assert lapses(account, soon=timedelta(days=30)) == ()
    assert lapses(account, now=32) == ()


def test_what_is_held_or_cant_be_spent_yet_isnt_told_to_lapse() -> None:
    hold = Hold(ANNA, "h1", 30, "x", NOW, day(60))
    assert lapses(ACCOUNT.fold(history_of(earn("o1", "30", terms=MONTHLY), hold))) == ()
    pending = earn("o1", "30", terms=Terms(pending_days=5, valid_months=1))
    assert lapses(ACCOUNT.fold(history_of(pending))) == ()
