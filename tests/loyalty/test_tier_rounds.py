"""A tier table that comes into force is booked for everyone at its date, whoever has earned since or not."""

from datetime import datetime
from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.adapters import tier_rounds
from services.loyalty.adapters.tier_rounds import TierRounds
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.tiers.table import Tier, TierTable
from services.loyalty.views.programmes import PROGRAMMES
from shared.views.rows import Rows
from shared.wakeup import Wakeup
from tests.loyalty.conftest import Api
from tests.loyalty.loyalty_facts import ANNA, BERT, NOW
from tests.loyalty.test_tier_answers import CLUB, booked, publish
from tests.loyalty.tier_facts import on

CHEAPER = structs.replace(CLUB, tiers=TierTable((Tier("member", 0), Tier("silver", 50), Tier("gold", 250))))
CAROL = UUID(int=3)
EVERYONE = (ANNA, BERT, CAROL)
JUNE = on("2026-06-01")


async def tell(api: Api, document: Document, since: datetime) -> None:
    """Publish a version, and let the views know of it."""
    await publish(api, document, since)
    (*_, last) = await api.store.read("programme-club")
    async with api.pool.acquire() as connection:
        await Rows(PROGRAMMES).save(connection, {"club": PROGRAMMES.project(None, last)})


def rounds(api: Api, usual: str = "club") -> TierRounds:
    return TierRounds(api.pool, api.store, usual, lambda: api.now, Wakeup(api.pool))


async def carry_out(api: Api, usual: str = "club") -> int:
    """Carry out what is to be done; return in how many pages."""
    pages = 0
    while await rounds(api, usual).step():
        pages += 1
    return pages


@pytest.fixture
async def club(api: Api) -> Api:
    """A club of three, of whom two have earned sixty points: too few for silver, until it is to be had for fifty."""
    await tell(api, CLUB, on("2020-01-01"))
    api.client = api.made(programme="club")
    for who, net in ((ANNA, "60"), (BERT, "60"), (CAROL, "10")):
        assert (await api.earn("o1", net, who)).status_code == 201
    await carry_out(api)
    return api


async def moves(api: Api) -> list[list[tuple[str, str | None, datetime]]]:
    return [await booked(api, f"enrolment-{who}") for who in EVERYONE]


async def test_a_cheaper_table_is_booked_at_its_date_without_waiting_for_the_next_earning(club: Api) -> None:
    await tell(club, CHEAPER, JUNE)
    club.now = on("2026-05-31")
    assert await carry_out(club) == 0
    assert await moves(club) == [[], [], []]
    club.now = on("2026-06-03")
    assert await carry_out(club) == 1
    silver = [("tier-changed", "silver", JUNE)]
    assert await moves(club) == [silver, silver, []]
    (changed,) = await club.store.read(f"enrolment-{ANNA}")
    assert (changed.event.reason, changed.recorded_at) == ("table-changed", club.now)
    assert await club.store.wakes_at(f"enrolment-{ANNA}") is not None


async def test_a_round_that_is_over_isnt_begun_again_and_a_version_with_the_same_tiers_begins_none(club: Api) -> None:
    assert await carry_out(club) == 0
    club.now = JUNE
    await tell(club, structs.replace(CLUB, name="Our club"), JUNE)
    assert await carry_out(club) == 0


async def test_a_round_goes_on_after_the_page_that_was_booked_last(club: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier_rounds, "PAGE", 1)
    await tell(club, CHEAPER, JUNE)
    club.now = JUNE
    assert await rounds(club).step()
    assert [len(found) for found in await moves(club)] == [1, 0, 0]
    assert await carry_out(club) == 3
    assert [len(found) for found in await moves(club)] == [1, 1, 0]


async def test_who_belongs_to_another_programme_isnt_asked(club: Api) -> None:
    await tell(club, CHEAPER, JUNE)
    club.now = JUNE
    assert await carry_out(club, usual="") == 1
    assert await moves(club) == [[], [], []]


async def test_members_who_earn_meanwhile_are_booked_once(club: Api) -> None:
    await tell(club, CHEAPER, JUNE)
    club.now = JUNE
    await club.earn("o2", "5", ANNA)
    await carry_out(club)
    assert await booked(club, f"enrolment-{ANNA}") == [("tier-changed", "silver", JUNE)]
    assert NOW < JUNE
