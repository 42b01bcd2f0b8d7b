"""A birthday sets a timer, and stands nowhere in clear: not in events, states or snapshots; no key, no birthday."""

import asyncpg
import pytest

from services.loyalty.contracts.contact import BirthdayTold
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.profile.commands import NoteBirthday
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.service import SERVICE
from shared.events import encode
from shared.handle import Handler
from shared.privacy.personal import is_sealed
from shared.privacy.vault import Vault
from shared.store.contract import Context
from shared.store.postgres import PostgresEventStore
from shared.testing.clock import SettableClock
from shared.testing.privacy import memory_vault
from shared.timers.derive import derive
from shared.timers.timers import Timers
from shared.wakeup import Wakeup
from tests.loyalty.loyalty_facts import ANNA, day
from tests.loyalty.programmes import earning
from tests.loyalty.telling import account, by_rule, follow, publish, told
from tests.loyalty.test_triggers import RULES, bought

STREAM = PROFILE.stream(ANNA)
BORN = f"{day(20):%m-%d}"
DUE = day(20).replace(hour=0, minute=0)  # the programme's zone is an hour ahead


class Shop:
    """The shop on a real database, with a vault and a clock that the test moves."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.clock, self.vault = pool, SettableClock(day(1)), memory_vault()
        self.store = self.with_vault(self.vault)

    def with_vault(self, vault: Vault) -> PostgresEventStore:
        return PostgresEventStore(self.pool, PUBLISHED, self.clock, vault=vault)

    async def fire(self) -> None:
        timers = Timers(self.pool, self.store, SERVICE.deciders, self.clock, Wakeup(self.pool))
        while await timers.fire():
            pass


@pytest.fixture
async def shop(pool: asyncpg.Pool) -> Shop:
    made = Shop(pool)
    await publish(made.store, earning(*RULES), day(-2))
    await follow(made.store, told("contact", BirthdayTold(ANNA, BORN), day(1), 2), now=day(1))
    return made


async def test_the_birthday_is_sealed_wherever_it_is_kept_and_its_timer_is_set(shop: Shop) -> None:
    (event,) = await shop.store.read(STREAM)
    assert is_sealed(event.event.birthday)
    state = (await Handler(shop.store).load(PROFILE, STREAM)).state
    assert BORN.encode() not in encode(event.event) + encode(state)
    due = await shop.store.wakes_at(STREAM)
    assert due is not None
    assert (due - DUE).total_seconds() == -3600


async def test_on_its_day_it_is_celebrated_once_and_next_year_again(shop: Shop) -> None:
    for now in (day(21), day(21), day(21 + 365)):
        shop.clock.move_to(now)
        await shop.fire()
    came = [item for item in await shop.store.read(STREAM) if item.type == "day-came"]
    assert [(item.event.number, item.occurred_at == item.event.at) for item in came] == [(2026, True), (2027, True)]
    await follow(shop.store, *came, *came, now=day(400))
    assert by_rule(await account(shop.store)) == {"birthday": 500}


async def test_timers_that_are_derived_anew_are_the_same(shop: Shop) -> None:
    due = await shop.store.wakes_at(STREAM)
    await shop.pool.execute("DELETE FROM timer")
    await derive(shop.pool, shop.store, PROFILE)
    assert await shop.store.wakes_at(STREAM) == due
    assert (await derive(shop.pool, shop.store, PROFILE)).mended == 0


async def test_a_single_command_sets_the_timer_as_a_batch_does(shop: Shop) -> None:
    command = NoteBirthday(ANNA, f"{day(9):%m-%d}", day(2), 3, "Europe/Berlin")
    other = Shop(shop.pool)
    other.store = shop.with_vault(Vault(shop.vault.keys, shop.vault.masters))
    context = Context(day(2), day(2))
    await Handler(other.store).handle(PROFILE, STREAM, command, subject=str(ANNA), context=context)
    due = await other.store.wakes_at(STREAM)
    assert due is not None
    assert (due.month, due.day) == (day(8).month, day(8).day)


async def test_whose_key_is_gone_has_no_birthday_and_what_was_judged_stays(shop: Shop) -> None:
    await follow(shop.store, bought("1", "10", day(21)), now=day(22))
    assert by_rule(await account(shop.store)) == {"base": 10, "near": 10}
    await shop.vault.destroy([str(ANNA)])
    shop.clock.move_to(day(30))
    await shop.fire()
    assert await shop.store.wakes_at(STREAM) is None
    assert [item.type for item in await shop.store.read(STREAM)] == ["birthday-noted"]
    await follow(shop.store, bought("2", "10", day(21.5)), bought("3", "10", day(20.5)), now=day(31))
    assert by_rule(await account(shop.store)) == {"base": 30, "near": 10}
