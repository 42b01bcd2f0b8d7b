"""An offer: what a member gets for points, at which price, from when to when, how often, and how it reaches them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from services.loyalty.domain.ledger.account import LARGEST


class Kind(StrEnum):
    """What the member gets."""

    DISCOUNT = "discount"
    VOUCHER = "voucher"
    GOODS = "goods"
    PARTNER_REWARD = "partner-reward"
    DONATION = "donation"
    CONVERSION = "conversion"


class Supply(StrEnum):
    """How much of it there is: no end of it, a counted stock, or a pool of codes that are given one by one."""

    UNLIMITED = "unlimited"
    COUNTED = "counted"
    CODES = "codes"


class Fulfilment(StrEnum):
    """Whether the redemption itself is the delivery, or someone outside has to deliver."""

    AT_ONCE = "at-once"
    EXTERNAL = "external"


class Worth(Struct, frozen=True):
    """What a discount, voucher or donation is worth in money."""

    amount: Decimal
    currency: str


class Conversion(Struct, frozen=True):
    """What a conversion gives in the partner's own currency."""

    units: int
    unit: str


class Limit(Struct, frozen=True, omit_defaults=True):
    """A member may redeem at most `count` in any `days` days; None: ever."""

    count: int
    days: int | None = None


class Offer(Struct, frozen=True, omit_defaults=True):
    """A reward as the catalogue shows it.

    `titles` are by language. Prices are in points of `points_currency`; members of
    a tier that `tier_prices` names pay that price, others what the programme makes
    of the list price for their tier. It can be redeemed from `opens_at`
    until before `closes_at` (None: no bound). Outside fulfilment has
    `fulfil_within_hours` from the redemption on; then everything is given back.
    """

    kind: Kind
    titles: dict[str, str]
    price: int
    points_currency: str = "points"
    tier_prices: dict[str, int] = {}
    supply: Supply = Supply.UNLIMITED
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    limit: Limit | None = None
    partner: str | None = None
    fulfilment: Fulfilment = Fulfilment.AT_ONCE
    fulfil_within_hours: int | None = None
    worth: Worth | None = None
    conversion: Conversion | None = None

    def price_for(self, tier: str | None, factor: Decimal = Decimal(1)) -> int:
        """Return what members of the tier pay (None: of no tier); `factor` is what the tier makes of prices.

        A price of the offer's own for the tier goes before. Points are whole, so that what
        the factor makes of a price is rounded up: it is at least one point, and fits 64 bits.
        """
        own = None if tier is None else self.tier_prices.get(tier)
        if own is not None:
            return own
        above, below = factor.as_integer_ratio()
        return min(-(-self.price * above // below), LARGEST)

    def has_opened(self, now: datetime) -> bool:
        """At `opens_at` itself it has."""
        return self.opens_at is None or self.opens_at <= now

    def has_closed(self, now: datetime) -> bool:
        """Half-open: at `closes_at` itself it is too late."""
        return self.closes_at is not None and self.closes_at <= now
