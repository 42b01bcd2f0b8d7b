"""A redemption takes points and stock together, or neither; whatever goes wrong gives both back to where they were."""

from datetime import timedelta

import pytest

from services.loyalty.domain.codes.batch import BATCH, LoadBatch, batch_key
from services.loyalty.domain.codes.code import CODE, LoadCode, RedeemCode
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.redeeming.redemption import RedemptionFulfilled, RedemptionMade, Status
from services.loyalty.domain.rewards.commands import AddCodes, AddStock, Publish
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.offer import Fulfilment, Limit, Offer
from shared.errors import Missing, Rejected
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW, day
from tests.loyalty.redemption_world import World
from tests.loyalty.reward_facts import MUG, SENT, SOON, VOUCHER, name, offer

TICK = timedelta(microseconds=1)


def shop(offered: Offer, stock: int = 2, points: int = 250, *members: object) -> World:
    """Return a world with the offer, a stock of it, and points for Anna."""
    world = World(*members)  # type: ignore[arg-type] # customers
    world.ask(REWARD, MUG, Publish(MUG, offered), MUG)
    world.ask(REWARD, MUG, AddStock(MUG, "a1", stock), MUG)
    world.earn(points)
    return world


def pool(*codes: str) -> World:
    """Return a world with a voucher whose pool holds these codes; the code's name is the code."""
    world = World()
    world.ask(REWARD, MUG, Publish(MUG, VOUCHER), MUG)
    world.ask(REWARD, MUG, AddCodes(MUG, "b1", len(codes)), MUG)
    world.ask(BATCH, batch_key(MUG, 0), LoadBatch(MUG, 0, codes), MUG)
    for number, code in enumerate(codes):
        world.ask(CODE, code, LoadCode(MUG, number, code), MUG)
    world.earn(1000)
    return world


def refused(code: str, step: object) -> None:
    with pytest.raises(Rejected) as found:
        step()  # type: ignore[operator] # a step of the world
    assert found.value.code == code


def test_what_is_fulfilled_at_once_is_paid_and_taken_at_once() -> None:
    world = shop(offer())
    made, done = world.redeem()
    assert made == RedemptionMade(name(1), ANNA, MUG, 100, "points", 100, (ANNA,))
    assert done == RedemptionFulfilled(name(1), ANNA, MUG, 100, "points")
    assert (world.balance(), world.reward().left(NOW), world.redemption().booked) == (150, 1, Status.FULFILLED)


def test_a_redemption_counts_once() -> None:
    world = shop(offer())
    world.redeem()
    assert world.redeem() == ()
    assert (world.balance(), world.reward().left(NOW)) == (150, 1)
    refused("redemption-differs", lambda: world.redeem(who=BERT))
    refused("redemption-differs", lambda: world.redeem(reward="other"))


def test_without_the_points_nothing_is_taken() -> None:
    world = shop(offer(), points=99)
    refused("balance-too-low", world.redeem)
    assert (world.balance(), world.reward().left(NOW)) == (99, 2)
    assert world.logs["redemption-" + str(name(1))] == []


def test_without_stock_no_points_are_taken() -> None:
    world = shop(offer(), stock=1)
    world.redeem(1)
    refused("reward-out-of-stock", lambda: world.redeem(2))
    assert world.balance() == 150


def test_a_tier_pays_its_price() -> None:
    world = shop(offer(tier_prices={"gold": 80}))
    made = world.redeem(tier="gold")[0]
    assert (made.points, made.list_price, made.tier, world.balance()) == (80, 100, "gold", 170)


def test_a_limit_holds_for_a_member_and_frees_after_its_days() -> None:
    world = shop(offer(limit=Limit(1, days=7)))
    world.redeem(1)
    with pytest.raises(Rejected, match="again from 2026-01-12T09:30:00Z on"):
        world.redeem(2)
    world.now = NOW + timedelta(days=7) - TICK
    refused("limit-reached", lambda: world.redeem(2))
    world.now = NOW + timedelta(days=7)
    assert world.redeem(2)


def test_merged_members_share_a_limit_and_their_points() -> None:
    world = shop(offer(limit=Limit(1)), 2, 60, ANNA, BERT)
    world.earn(60, BERT)
    made = world.redeem(1, BERT)[0]
    assert (set(made.owners), world.together) == ({ANNA, BERT}, 20)
    world.earn(100)
    refused("limit-reached", lambda: world.redeem(2, ANNA))
    world.cancel(1)
    assert (world.balance(ANNA), world.balance(BERT)) == (160, 60)
    assert world.redeem(2, ANNA)


def test_who_is_one_with_the_member_may_ask_again() -> None:
    world = shop(offer(), 2, 250, ANNA, BERT)
    world.redeem(1, ANNA)
    assert world.redeem(1, BERT) == ()


def test_what_was_had_comes_back_when_it_is_called_off() -> None:
    world = shop(offer(limit=Limit(1)))
    before = world.state(ACCOUNT, ANNA).lots
    world.redeem()
    world.cancel()
    assert world.cancel() == ()
    assert (world.state(ACCOUNT, ANNA).lots, world.reward().left(NOW), world.uses()) == (before, 2, 0)
    assert world.redemption().booked is Status.CANCELLED


@pytest.mark.parametrize(("lapse", "back"), [(LapsePolicy(), 0), (LapsePolicy("grace", 7), 100)])
def test_what_lapsed_meanwhile_comes_back_as_the_programme_chooses(lapse: LapsePolicy, back: int) -> None:
    world = shop(offer(), points=0)
    world.earn(100, terms=Terms(valid_months=1))
    world.redeem()
    world.wait(day(40))
    world.cancel(lapse=lapse)
    assert (world.balance(), world.reward().left(world.now)) == (back, 2)


def test_a_hold_keeps_points_from_lapsing_until_it_ends() -> None:
    world = shop(offer(fulfilment=Fulfilment.EXTERNAL, fulfil_within_hours=24 * 60), points=0)
    world.earn(100, terms=Terms(valid_months=1))
    world.redeem()
    world.wait(day(40))
    assert world.fulfil()
    assert world.redemption().booked is Status.FULFILLED


WAITING = offer(fulfilment=Fulfilment.EXTERNAL, fulfil_within_hours=1, limit=Limit(1))


def test_what_waits_is_reserved_until_it_is_fulfilled() -> None:
    world = shop(WAITING)
    (made,) = world.redeem()
    assert (made.expires_at, world.balance(), world.reward().left(NOW)) == (SOON, 150, 1)
    world.now = SOON - TICK
    (done,) = world.fulfil()
    assert done.reference == "parcel-1"
    world.wait(SOON)
    assert (world.balance(), world.reward().left(SOON), world.reward().taken) == (150, 1, 1)
    refused("limit-reached", lambda: world.redeem(2))
    assert world.fulfil() == ()


@pytest.mark.parametrize(("step", "status"), [(World.fail, Status.FAILED), (World.cancel, Status.CANCELLED)])
def test_what_comes_to_nothing_gives_everything_back(step: object, status: Status) -> None:
    world = shop(WAITING)
    before = world.state(ACCOUNT, ANNA).lots
    world.redeem()
    assert step(world)  # type: ignore[operator] # a step of the world
    assert step(world) == ()  # type: ignore[operator] # as above
    assert (world.state(ACCOUNT, ANNA).lots, world.reward().left(NOW), world.uses()) == (before, 2, 0)
    assert world.redemption().status(NOW) is status
    refused("redemption-over", world.fulfil)
    assert world.redeem(2)


def test_what_nobody_fulfils_in_time_gives_everything_back() -> None:
    world = shop(WAITING)
    world.redeem()
    world.now = SOON
    assert world.redemption().status(SOON) is Status.TIMED_OUT
    refused("redemption-over", world.fulfil)
    world.wait(SOON)
    assert (world.balance(), world.reward().left(SOON), world.redemption().booked) == (250, 2, Status.TIMED_OUT)
    for step in (world.fulfil, world.fail, world.cancel):
        refused("redemption-over", step)
    assert world.redeem(2)


def test_a_voucher_gives_its_codes_one_by_one() -> None:
    world = pool("AAAA", "BBBB")
    assert [world.redeem(number)[0].number for number in (1, 2)] == [0, 1]
    assert world.state(CODE, "AAAA").given_to == name(1)
    refused("reward-out-of-stock", lambda: world.redeem(3))


def test_a_code_that_a_till_has_keeps_its_redemption() -> None:
    world = pool("AAAA", "BBBB")
    world.redeem(1)
    world.ask(CODE, "AAAA", RedeemCode("till-3", "r-9"), MUG)
    refused("code-redeemed", lambda: world.cancel(1))
    assert world.balance() == 900


def test_a_code_of_a_cancelled_redemption_is_void_and_given_to_nobody_else() -> None:
    world = pool("AAAA", "BBBB")
    world.redeem(1)
    world.cancel(1)
    assert (world.balance(), world.state(CODE, "AAAA").void) == (1000, True)
    assert world.redeem(2)[0].number == 1
    refused("reward-out-of-stock", lambda: world.redeem(3))


def test_nothing_is_known_of_what_was_never_redeemed() -> None:
    world = shop(SENT)
    for step in (world.fulfil, world.fail, world.cancel):
        with pytest.raises(Missing):
            step()
