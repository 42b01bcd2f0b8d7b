"""The process of a redemption over all streams that take part in it; each step is one atomic append.

Redeeming takes the points, one of the stock, a use of the limit and a code, or none of them. What waits for
fulfilment holds them instead, until someone says how it went. When its time is over, nothing is to be done: the hold,
the reservation and the use of the limit all end at that moment, whether timers have booked it or not.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.codes.batch import BATCH, batch_of, name_of
from services.loyalty.domain.codes.code import CODE, GiveCode, VoidCode
from services.loyalty.domain.ledger.currencies import PLAIN, Declared
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.pools.process import Sharing
from services.loyalty.domain.redeeming import points
from services.loyalty.domain.redeeming.allowance import ALLOWANCE, GiveBack, Keep, Use
from services.loyalty.domain.redeeming.redemption import (
    Event,
    Redemption,
    RedemptionCancelled,
    RedemptionMade,
)
from services.loyalty.domain.redeeming.standing import REDEMPTION, Cancel, Fail, Fulfil, Make, existing
from services.loyalty.domain.rewards.commands import Confirm, Release, Return, Take
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.events import RewardTaken, StockReserved
from services.loyalty.domain.rewards.offer import Fulfilment, Offer
from services.loyalty.domain.rewards.offering import must_be_open
from services.loyalty.domain.streams import Streams

FORFEITED = LapsePolicy()
"""What a spend gives back to a lot that has lapsed is lost."""


class Asked(Struct, frozen=True):
    """A member asks for a reward; `members` are all who are one with them, by their ids; `sharing`: their pool pays.

    `price_factor` is what their tier makes of prices.
    """

    redemption_id: UUID
    customer_id: UUID
    reward_id: str
    members: tuple[str, ...]
    now: datetime
    tier: str | None = None
    declared: Declared = PLAIN
    sharing: Sharing | None = None
    price_factor: Decimal = Decimal(1)


def redeem(streams: Streams, asked: Asked) -> Sequence[Event]:
    """Redeem, once for each redemption id. Raises Rejected, and then nothing was taken from anyone."""
    known = streams.state(REDEMPTION, asked.redemption_id)
    if known is not None:
        return _make(streams, _as_known(asked, known))
    offer = must_be_open(streams.state(REWARD, asked.reward_id), asked.now)
    made = _made(asked, offer)
    made = structs.replace(made, number=_take(streams, made, asked.now))
    if offer.limit is not None:
        _use_allowance(streams, asked, offer, made)
    paid = points.take(streams, asked.members, made, asked.now, asked.declared, asked.sharing)
    made = structs.replace(made, owners=paid)
    if made.expires_at is None:
        _give_code(streams, made)
    return _make(streams, made)


def fulfil(streams: Streams, redemption_id: UUID, now: datetime, reference: str | None) -> Sequence[Event]:
    """Say that the member has it: what was reserved is taken for good, and a code is theirs."""
    made = existing(streams.state(REDEMPTION, redemption_id)).made
    events = streams.ask(REDEMPTION, redemption_id, Fulfil(now, reference), made.customer_id)
    if events:
        streams.ask(REWARD, made.reward_id, Confirm(made.reward_id, redemption_id, now), _shelf(made))
        points.capture(streams, made, now)
        _give_code(streams, made)
        if made.limited:
            streams.ask(ALLOWANCE, made.customer_id, Keep(*_use(made)), made.customer_id)
    return events


def fail(streams: Streams, redemption_id: UUID, now: datetime, reason: str) -> Sequence[Event]:
    """Say that it can't be delivered: everything is given back."""
    made = existing(streams.state(REDEMPTION, redemption_id)).made
    events = streams.ask(REDEMPTION, redemption_id, Fail(now, reason), made.customer_id)
    if events:
        _let_go(streams, made, now)
    return events


def cancel(
    streams: Streams, redemption_id: UUID, now: datetime, reason: str, lapse: LapsePolicy = FORFEITED
) -> Sequence[Event]:
    """Call it off, delivered or not: everything is given back. A code becomes void, unless a till has taken it."""
    made = existing(streams.state(REDEMPTION, redemption_id)).made
    events = streams.ask(REDEMPTION, redemption_id, Cancel(now, reason), made.customer_id)
    for event in events:
        if isinstance(event, RedemptionCancelled) and event.fulfilled:
            _take_back(streams, made, now, lapse)
        else:
            _let_go(streams, made, now)
    return events


def code_name(streams: Streams, made: RedemptionMade) -> str | None:
    """Return the name of the code that the redemption gives; None: it gives none."""
    if made.number is None:
        return None
    key = batch_of(made.reward_id, streams.state(REWARD, made.reward_id).firsts, made.number)
    return name_of(streams.state(BATCH, key), made.number)


def _made(asked: Asked, offer: Offer) -> RedemptionMade:
    hours = offer.fulfil_within_hours or 0
    return RedemptionMade(
        asked.redemption_id,
        asked.customer_id,
        asked.reward_id,
        offer.price_for(asked.tier, asked.price_factor),
        offer.points_currency,
        offer.price,
        (),
        asked.tier,
        offer.partner,
        asked.now + timedelta(hours=hours) if offer.fulfilment is Fulfilment.EXTERNAL else None,
        None,
        offer.limit is not None,
        asked.sharing.pool_id if asked.sharing else None,
    )


def _as_known(asked: Asked, known: Redemption) -> RedemptionMade:
    """Return what is asked in the name under which it is known: a member of the group may have asked for another."""
    same = str(known.made.customer_id) in asked.members
    who = known.made.customer_id if same else asked.customer_id
    return structs.replace(known.made, customer_id=who, reward_id=asked.reward_id)


def _make(streams: Streams, made: RedemptionMade) -> Sequence[Event]:
    return streams.ask(REDEMPTION, made.redemption_id, Make(made), made.customer_id)


def _take(streams: Streams, made: RedemptionMade, now: datetime) -> int | None:
    """Take one, or reserve one; return the number of its code."""
    command = Take(made.reward_id, made.redemption_id, now, made.expires_at)
    taken = streams.ask(REWARD, made.reward_id, command, _shelf(made))[-1]
    return taken.number if isinstance(taken, RewardTaken | StockReserved) else None


def _use_allowance(streams: Streams, asked: Asked, offer: Offer, made: RedemptionMade) -> None:
    """Count it against the limit, for all who are one: what the others used counts, and must not change meanwhile."""
    if offer.limit is None:
        return
    own = str(asked.customer_id)
    others = [member for member in asked.members if member != own]
    used = [
        at
        for member in others
        for at in streams.state(ALLOWANCE, member).counting(asked.reward_id, offer.limit, asked.now)
    ]
    use = Use(*_use(made), offer.limit, asked.now, made.expires_at, tuple(used))
    streams.ask(ALLOWANCE, own, use, own)
    for member in others:
        streams.guard(ALLOWANCE, member)


def _give_code(streams: Streams, made: RedemptionMade) -> None:
    name = code_name(streams, made)
    if name is not None:
        streams.ask(CODE, name, GiveCode(made.redemption_id), _shelf(made))


def _let_go(streams: Streams, made: RedemptionMade, now: datetime) -> None:
    """Give back what was held, reserved and counted."""
    streams.ask(REWARD, made.reward_id, Release(made.reward_id, made.redemption_id), _shelf(made))
    points.release(streams, made, now)
    _return_allowance(streams, made)


def _take_back(streams: Streams, made: RedemptionMade, now: datetime, lapse: LapsePolicy) -> None:
    """Give back what was spent, taken and counted."""
    name = code_name(streams, made)
    if name is not None:
        streams.ask(CODE, name, VoidCode(), _shelf(made))
    streams.ask(REWARD, made.reward_id, Return(made.reward_id, made.redemption_id, made.number), _shelf(made))
    points.give_back(streams, made, now, lapse)
    _return_allowance(streams, made)


def _return_allowance(streams: Streams, made: RedemptionMade) -> None:
    if made.limited:
        streams.ask(ALLOWANCE, made.customer_id, GiveBack(*_use(made)), made.customer_id)


def _use(made: RedemptionMade) -> tuple[UUID, str, UUID]:
    return made.customer_id, made.reward_id, made.redemption_id


def _shelf(made: RedemptionMade) -> str:
    """Return whom a reward's events are about: no customer, but the reward."""
    return REWARD.stream(made.reward_id)
