"""Purchases that look suspicious: their points are withheld, members are blocked, and no consumer ever stops."""

from decimal import Decimal
from uuid import UUID

import pytest
from msgspec import structs

from services.loyalty.contracts.contact import ActivityRecorded, PurchaseRecorded, PurchaseRefunded
from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.limits import Blocking, Limits, ReturnLoops, Velocity, Withholding
from services.loyalty.domain.abuse.verdict import Outcome
from services.loyalty.domain.abuse.watch import WATCH, Watch
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.pools.household import HOUSEHOLD, Enter
from services.loyalty.domain.programme.commands import Publish
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.rules.amounts import Fixed, PerAmount
from services.loyalty.domain.rules.language import Base, Rule
from services.loyalty.policies.judging import Promised
from services.loyalty.policies.purchases import purchases
from services.loyalty.policies.referring import REFERRED
from shared.errors import Conflict
from shared.policies.work import WorkingSet
from shared.store.contract import Context
from shared.store.memory import InMemoryEventStore
from tests.loyalty.conservation import withheld_of
from tests.loyalty.loyalty_facts import ANNA, BERT, day
from tests.loyalty.programmes import SHOP, TIER, earning
from tests.loyalty.test_purchases_policy import told

CLEO = UUID(int=3)
TWO_A_DAY = Limits((Velocity(Kind.EARNING, 24, most_acts=2),))


def bought(order: str, amount: int = 10, who: UUID = ANNA) -> PurchaseRecorded:
    return PurchaseRecorded(who, "shop", order, Decimal(amount), "EUR")


class World:
    """The policy over a store in memory, by the programme `shop` with these limits."""

    def __init__(self, limits: Limits | None, document: Document = SHOP) -> None:
        self.store = InMemoryEventStore(PUBLISHED, lambda: day(60))
        self.policy = purchases(Promised(programme="shop"))
        self.document = structs.replace(document, abuse=limits)
        self.one: tuple[str, ...] = ()

    async def publish(self) -> None:
        work = WorkingSet(self.store, day(-2))
        await work.load([PROGRAMME.stream("shop")])
        command, context = Publish(self.document, day(-2), day(-2)), Context(day(-2), day(-2))
        work.handle(PROGRAMME, PROGRAMME.stream("shop"), command, subject="programme-shop", context=context)
        await work.commit()

    async def members(self, who: str) -> dict[str, tuple[str, ...]]:
        """Return who is one with a customer."""
        return {who: self.one if who in self.one else (who,)}

    async def follow(self, *events: tuple[PurchaseRecorded | PurchaseRefunded | ActivityRecorded, float]) -> None:
        """Let the policy react to events, each of its day, in one batch."""
        work = WorkingSet(self.store, day(5), merged=self.members)
        for event, on in events:
            item = told(event, day(on), event.customer_id)
            await work.load(self.policy.needs(item))
            await work.decide(self.policy.react, work, item)
        await work.commit()

    async def account(self, who: UUID = ANNA) -> Account:
        return ACCOUNT.fold([item.event for item in await self.store.read(ACCOUNT.stream(who))])

    async def watch(self, who: UUID = ANNA) -> Watch:
        return WATCH.fold([item.event for item in await self.store.read(WATCH.stream(who))])


async def world_with(limits: Limits | None, document: Document = SHOP) -> World:
    world = World(limits, document)
    await world.publish()
    return world


async def test_a_purchase_too_many_earns_points_that_are_withheld_and_the_others_can_be_spent() -> None:
    world = await world_with(TWO_A_DAY)
    await world.follow((bought("o1"), 0), (bought("o2"), 0.1), (bought("o3"), 0.2), (bought("o4", who=BERT), 0.3))
    account, watch = await world.account(), await world.watch()
    assert (account.balance(day(5)), withheld_of(account, day(5))) == (20, 10)
    assert [(item.act_id, item.outcome, item.lots) for item in watch.decided] == [
        ("shop:o3", Outcome.SUSPECT, ("shop:o3:base:1",))
    ]
    assert (await world.account(BERT)).balance(day(5)) == 10


async def test_members_who_are_one_are_looked_at_as_one() -> None:
    world = await world_with(TWO_A_DAY)
    world.one = (str(ANNA), str(BERT))
    await world.follow((bought("o1"), 0), (bought("o2", who=BERT), 0.1), (bought("o3"), 0.2))
    assert [item.act_id for item in (await world.watch()).decided] == ["shop:o3"]
    assert ((await world.watch(BERT)).decided, len((await world.watch(BERT)).acts)) == ((), 1)
    assert withheld_of(await world.account(), day(5)) == 10


async def test_a_block_freezes_all_who_are_one() -> None:
    world = await world_with(structs.replace(TWO_A_DAY, blocking=Blocking(1, 48)))
    await world.follow((bought("o0", who=BERT), 0))
    world.one = (str(ANNA), str(BERT))
    await world.follow((bought("o1"), 0), (bought("o2"), 0.1))
    assert [(await world.account(who)).frozen for who in (ANNA, BERT)] == [True, True]


async def test_what_another_of_them_does_meanwhile_is_looked_at_first() -> None:
    world = await world_with(TWO_A_DAY)
    world.one = (str(ANNA), str(BERT))
    await world.follow((bought("o1"), 0), (bought("o2", who=BERT), 0.1))
    slow = WorkingSet(world.store, day(5), merged=world.members)
    late = told(bought("o4", who=BERT), day(0.3), BERT)
    await slow.load(world.policy.needs(late))
    await slow.decide(world.policy.react, slow, late)
    await world.follow((bought("o3"), 0.2))
    with pytest.raises(Conflict):
        await slow.commit()


async def test_who_refers_someone_they_are_one_with_or_whose_pool_one_of_them_shares_refers_themselves() -> None:
    for one, home in (((ANNA, BERT), {}), ((CLEO, BERT), {ANNA: "p1", CLEO: "p1"})):
        world = await world_with(Limits(), earning(REFERRAL))
        world.one = tuple(map(str, one))
        await settle(world, home)
        referral = ActivityRecorded(ANNA, "app", "f1", "referral", "app", attributes={REFERRED: str(BERT)})
        await world.follow((referral, 4))
        assert withheld_of(await world.account(), day(5)) == 50


async def test_what_was_earned_counts_for_the_tier_all_the_same() -> None:
    world = await world_with(TWO_A_DAY)
    await world.follow(*((bought(f"o{place}"), place / 10) for place in range(4)))
    earned = (await world.account()).qualified["points"]
    assert sum(item.points for item in earned.entries) == 40


async def test_purchases_that_are_told_again_change_nothing() -> None:
    world = await world_with(TWO_A_DAY)
    events = [(bought(f"o{place}"), place / 10) for place in range(4)]
    await world.follow(*events)
    before = await world.watch()
    await world.follow(*events)
    assert await world.watch() == before


async def test_a_return_loop_is_suspected_and_the_return_takes_effect() -> None:
    world = await world_with(Limits(return_loops=ReturnLoops(720, 336, 0)))
    back = PurchaseRefunded(ANNA, "shop", "o1", "r1", Decimal(10))
    await world.follow((bought("o1"), 0), (back, 1))
    assert ((await world.watch()).decided, (await world.account()).balance(day(5))) == ((), 0)


@pytest.mark.parametrize("outcome", [Outcome.SUSPECT, Outcome.BLOCK])
async def test_nothing_of_a_consumer_stops_whatever_the_verdict(outcome: Outcome) -> None:
    limits = Limits((Velocity(Kind.EARNING, 24, 0, outcome=outcome), Velocity(Kind.RETURN, 24, 0, outcome=outcome)))
    world = await world_with(limits)
    back = PurchaseRefunded(ANNA, "shop", "o1", "r1", Decimal(4))
    await world.follow((bought("o1"), 0), (back, 0.1), (bought("o2"), 0.2))
    account = await world.account()
    assert (withheld_of(account, day(5)), account.balance(day(5)), account.owed()) == (16, 0, 0)
    assert account.frozen == bool((await world.watch()).blocked) == (outcome is Outcome.BLOCK)


async def test_the_suspicion_too_many_blocks_and_the_member_goes_on_earning() -> None:
    world = await world_with(structs.replace(TWO_A_DAY, blocking=Blocking(2, 48)))
    await world.follow(*((bought(f"o{place}"), place / 10) for place in range(5)))
    account, watch = await world.account(), await world.watch()
    assert watch.blocked is not None
    assert (watch.blocked.rule, watch.blocked.froze) == ("blocking", (ANNA,))
    assert (account.frozen, account.net(day(5)), withheld_of(account, day(5))) == (True, 20, 30)


REFERRAL = Rule(id="friend", on=("referral",), effects=(Base(Fixed(50)),))


async def refer(limits: Limits, referred: str, home: dict[UUID, str] | None = None) -> World:
    """Let Anna refer someone, with households as they are."""
    world = await world_with(limits, earning(REFERRAL))
    await settle(world, home or {})
    referral = ActivityRecorded(ANNA, "app", "f1", "referral", "app", attributes={REFERRED: referred})
    await world.follow((referral, 4))
    return world


async def settle(world: World, home: dict[UUID, str]) -> None:
    """Let each of these live in a pool."""
    work = WorkingSet(world.store, day(0))
    await work.load(map(HOUSEHOLD.stream, home))
    for who, pool in home.items():
        entering, context = Enter(who, pool), Context(day(0), day(0))
        work.handle(HOUSEHOLD, HOUSEHOLD.stream(who), entering, subject=str(who), context=context)
    await work.commit()


@pytest.mark.parametrize(
    ("referred", "home", "withheld"),
    [
        (str(BERT), {}, 0),
        (str(BERT), {ANNA: "p1", BERT: "p2"}, 0),
        (str(BERT), {ANNA: "p1"}, 0),
        ("somebody", {}, 0),
        (str(ANNA), {}, 50),
        (str(BERT), {ANNA: "p1", BERT: "p1"}, 50),
    ],
)
async def test_who_refers_themselves_or_whom_they_share_a_pool_with_gets_points_that_wait_for_someone_to_look(
    referred: str, home: dict[UUID, str], withheld: int
) -> None:
    world = await refer(Limits(withholding=Withholding(1)), referred, home)
    account = await world.account()
    assert (withheld_of(account, day(99)), account.balance(day(99))) == (withheld, 50 - withheld)
    assert [item.findings[0].rule for item in (await world.watch()).decided] == ["self-referral"] * bool(withheld)


async def test_a_programme_may_let_members_refer_themselves() -> None:
    world = await refer(Limits(self_referral=Outcome.ALLOW), str(ANNA))
    assert (await world.account()).balance(day(5)) == 50


async def test_points_are_withheld_until_the_return_window_ends() -> None:
    limits = Limits((Velocity(Kind.EARNING, 24, most_acts=0),), withholding=Withholding(336))
    world = await world_with(limits)
    await world.follow((bought("o1"), 0))
    account = await world.account()
    assert [account.balance(day(on)) for on in (13.9, 14)] == [0, 10]


async def test_points_that_only_qualify_tempt_nobody() -> None:
    both = (Base(PerAmount(1)), Base(PerAmount(1), points_currency=TIER.code))
    document = earning(Rule(id="base", on=("purchase",), effects=both))
    world = await world_with(Limits((Velocity(Kind.EARNING, 24, most_points=9),)), document)
    await world.follow((bought("o1", 9), 0), (bought("o2", 1), 0.1))
    assert [item.act_id for item in (await world.watch()).decided] == ["shop:o2"]


async def test_without_limits_nothing_is_kept_of_anyone_and_nothing_more_is_read() -> None:
    world = await world_with(None)
    await world.follow((bought("o1"), 0))
    assert not await world.store.read(WATCH.stream(ANNA))
    assert WATCH.stream(ANNA) not in world.policy.needs(told(bought("o2"), day(1)))


async def test_with_limits_what_they_need_is_read_with_the_batch() -> None:
    world = await world_with(TWO_A_DAY)
    await world.follow((bought("o1"), 0))
    assert WATCH.stream(ANNA) in world.policy.needs(told(bought("o2"), day(1)))
