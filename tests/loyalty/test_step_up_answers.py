"""A large redemption asks for a second factor, and the answer says how to present it (RFC 9470)."""

import asyncpg
import pytest

from services.loyalty.domain.abuse.limits import MULTI_FACTOR
from tests.loyalty.conduct import Conduct
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.shops import OFFER, refusal


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Conduct:
    """Anna has 500 points, and proves who she is above 100 a day."""
    shop = Conduct(pool)
    await shop.run(abuse={"step_up": {"above": 100, "hours": 24, "proof_minutes": 10}})
    await shop.earn("o1", "500")
    return shop


async def test_a_large_redemption_asks_for_a_second_factor_and_says_how_to_present_it(shop: Conduct) -> None:
    shop.be(ANNA)
    asked = await shop.spend("s1", 101)
    assert refusal(asked) == (401, "second-factor-needed")
    challenge = asked.headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert f'acr_values="{MULTI_FACTOR}"' in challenge
    assert 'max_age="600"' in challenge
    for ago, status in ((601, 401), (599, 201)):
        shop.prove(ANNA, ago)
        assert (await shop.spend("s1", 101)).status_code == status
    shop.be()
    assert await shop.decisions() == [("redemption", "step-up", "step-up", False)]
    assert await shop.balance() == 399


async def test_a_request_that_was_asked_for_a_proof_passes_with_its_key_once_it_bears_one(shop: Conduct) -> None:
    await shop.publish({**OFFER, "price": 200})
    await shop.stock(1)
    shop.be(ANNA)
    assert refusal(await shop.redeem(1, key="k1")) == (401, "second-factor-needed")
    assert await shop.left() == 1
    shop.prove(ANNA)
    assert (await shop.redeem(1, key="k1")).status_code == 201


async def test_the_staff_proves_who_they_are_as_anyone_does(shop: Conduct) -> None:
    assert refusal(await shop.spend("s1", 101)) == (401, "second-factor-needed")
    shop.prove()
    assert (await shop.spend("s1", 101)).status_code == 201


async def test_many_small_ones_ask_for_it_as_well(shop: Conduct) -> None:
    assert (await shop.spend("s1", 100)).status_code == 201
    assert refusal(await shop.spend("s2", 1)) == (401, "second-factor-needed")
    shop.now = day(1)
    assert (await shop.spend("s2", 1)).status_code == 201
