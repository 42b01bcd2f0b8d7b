"""A touchpoint as channels send it, by Kafka or by HTTP: read strictly, every fault named by its field."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from services.contact.domain import money
from services.contact.domain.activity import What
from shared.errors import Invalid
from shared.privacy.personal import PREFIX

FUTURE = timedelta(minutes=5)
"""How far a channel's clock may run ahead of ours."""

LONG_AGO = timedelta(days=365)
"""Facts older than this are accepted and marked as late."""

Source = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._]{0,63}$", description="The system it comes from.")]
ProviderId = Annotated[str, Meta(pattern=r"^[!-~]{1,255}$", description="The source's own id: printable, no blanks.")]
Text = Annotated[str, Meta(max_length=4000)]
Attribute = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Value = (
    bool | Annotated[int, Meta(ge=-(10**15), le=10**15)] | Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
)


class Kind(StrEnum):
    """What kind of fact a touchpoint brings."""

    PURCHASE = "purchase"
    REFUND = "refund"
    INTERACTION = "interaction"
    ACTIVITY = "activity"


class Channel(StrEnum):
    """Where the company and the customer met."""

    CALL = "call"
    CHAT = "chat"
    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    SOCIAL = "social"
    WEB = "web"
    APP = "app"
    BRANCH_VISIT = "branch-visit"
    ACCOUNT_MANAGER_VISIT = "account-manager-visit"
    DIRECT_MAIL = "direct-mail"
    KIOSK = "kiosk"
    PARTNER = "partner"


class Identifier(Struct, frozen=True):
    """Something by which a source knows a customer."""

    type: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    value: Annotated[str, Meta(min_length=1, max_length=255)]


class Line(Struct, frozen=True):
    """A position of an order: what all its items cost together, with tax. A category is a path, from wide to narrow."""

    product: Annotated[str, Meta(pattern=r"^[!-~]{1,100}$")]
    amount: Decimal
    category: Annotated[str, Meta(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*$", max_length=200)] = ""
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Purchase(Struct, frozen=True):
    """What was bought: `amount` is the order's total, a decimal string in `currency`.

    `tax` and `paid_with_points` are parts of it, and so are the amounts of its lines.
    """

    amount: Decimal
    currency: str
    items: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    lines: Annotated[tuple[Line, ...], Meta(max_length=200)] = ()
    tax: Decimal = Decimal(0)
    paid_with_points: Decimal = Decimal(0)


class Refund(Struct, frozen=True):
    """What was paid back of an order of the same source."""

    order_id: ProviderId
    amount: Decimal
    currency: str


class Interaction(Struct, frozen=True):
    """How they were in touch."""

    direction: Literal["inbound", "outbound"]
    topic: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}$")] | None = None
    summary: Text | None = None
    duration_seconds: Annotated[int, Meta(ge=0, le=604_800)] | None = None


class Activity(Struct, frozen=True):
    """Something else that the customer did: `code` says which survey, or what of it; texts are codes, not words."""

    what: What
    code: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$")] = ""
    partner: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$")] = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    attributes: Annotated[dict[Attribute, Value], Meta(max_length=20)] = {}


class Touchpoint(Struct, frozen=True):
    """One fact about one customer, named by id or by identifiers. Fields that we don't know are ignored."""

    kind: Kind
    source: Source
    id: ProviderId
    channel: Channel
    occurred_at: Annotated[datetime, Meta(tz=True)]
    customer_id: UUID | None = None
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=10)] = ()
    purchase: Purchase | None = None
    refund: Refund | None = None
    interaction: Interaction | None = None
    activity: Activity | None = None
    invented: bool = False

    @property
    def stream(self) -> str:
        """The stream of the fact: the same touchpoint always meets the same one."""
        match self.kind:
            case Kind.PURCHASE:
                return f"purchase-{self.source}-{self.id}"
            case Kind.REFUND:
                return f"purchase-{self.source}-{self.refund.order_id if self.refund else ''}"
            case Kind.INTERACTION:
                return f"interaction-{self.channel}-{self.source}-{self.id}"
            case Kind.ACTIVITY:
                return f"activity-{self.source}-{self.id}"


_decode = msgspec.json.Decoder(Touchpoint).decode
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<field>.*)`)?$", re.DOTALL)
_QUOTED = re.compile(r" '.*'$", re.DOTALL)
"""What a library repeats of the value that it refuses: it may be anyone's."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WHITE = {ord("\n"): None, ord("\t"): None}


def decode(data: bytes) -> Touchpoint:
    """Return the touchpoint in `data`, checked in all that doesn't need the time. Raises Invalid."""
    try:
        touchpoint = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        found = _PLACE.match(str(error))
        what, field = (found["what"], found["field"]) if found else (str(error), None)
        raise Invalid([(field or "touchpoint", _QUOTED.sub("", what))]) from None
    except RecursionError:
        raise Invalid([("touchpoint", "is nested too deeply")]) from None
    faults = _faults(touchpoint)
    if b"\\" in data or b"\x7f" in data:  # else there is none: JSON holds the others only escaped
        faults += _unclean(touchpoint)
    if PREFIX.encode() in data or (b"\\u" in data and PREFIX in str(touchpoint)):
        faults.append(("touchpoint", f"must not hold {PREFIX!r}: so begin the values that Rapport has sealed"))
    if faults:
        raise Invalid(faults)
    return touchpoint


def check_time(touchpoint: Touchpoint, now: datetime) -> None:
    """Raise Invalid for a touchpoint that says it comes from the future."""
    if touchpoint.occurred_at > now + FUTURE:
        raise Invalid([("occurred_at", "lies in the future: send the time at which it happened")])


def _faults(touchpoint: Touchpoint) -> list[tuple[str, str]]:
    faults = []
    try:
        touchpoint.occurred_at.astimezone(UTC)
    except OverflowError:
        faults.append(("occurred_at", "must be a moment of the calendar in UTC, too"))
    if touchpoint.customer_id is None and not touchpoint.identifiers:
        faults.append(("identifiers", "name the customer by customer_id or by at least one identifier"))
    part = getattr(touchpoint, touchpoint.kind)
    if part is None:
        faults.append((touchpoint.kind.value, f"a touchpoint of kind {touchpoint.kind} must have it"))
    elif isinstance(part, Activity):
        faults += _faulty_activity(part)
    elif not isinstance(part, Interaction):
        fault = money.fault_in(part.amount, part.currency)
        if fault:
            faults.append((f"{touchpoint.kind}.{fault[0]}", fault[1]))
        elif isinstance(part, Purchase) and (part.lines or part.tax or part.paid_with_points):
            faults += _faulty_parts(part)
    return faults


def _faulty_activity(activity: Activity) -> list[tuple[str, str]]:
    """Return what is wrong with an activity: money without its currency, or a partner who isn't named."""
    faults = []
    if activity.amount or activity.currency:
        fault = money.fault_in(activity.amount, activity.currency)
        faults += [(f"activity.{fault[0]}", fault[1])] if fault else []
    if activity.what == "partner-activity" and not activity.partner:
        faults.append(("activity.partner", "name the partner at whom it happened"))
    return faults


def _faulty_parts(purchase: Purchase) -> list[tuple[str, str]]:
    """Return what is wrong with the parts of an order's amount, by themselves or together."""
    parts = {f"lines[{place}].amount": line.amount for place, line in enumerate(purchase.lines)}
    parts |= {"tax": purchase.tax, "paid_with_points": purchase.paid_with_points}
    wrong = {field: money.fault_in(amount, purchase.currency) for field, amount in parts.items()}
    faults = [(f"purchase.{field}", fault[1]) for field, fault in wrong.items() if fault]
    if not faults:
        together = {"lines": sum(line.amount for line in purchase.lines), **parts}
        more = [field for field in ("lines", "tax", "paid_with_points") if together[field] > purchase.amount]
        faults += [(f"purchase.{field}", "must not be more than the order's amount") for field in more]
    return faults


def _unclean(touchpoint: Touchpoint) -> list[tuple[str, str]]:
    """Return the texts with characters that must not stand there; a pattern's `$` lets a newline stand at the end."""
    texts = {"source": touchpoint.source, "id": touchpoint.id}
    for place, item in enumerate(touchpoint.identifiers):
        texts |= {f"identifiers[{place}].type": item.type, f"identifiers[{place}].value": item.value}
    if touchpoint.refund:
        texts["refund.order_id"] = touchpoint.refund.order_id
    for place, line in enumerate(touchpoint.purchase.lines if touchpoint.purchase else ()):
        texts |= {f"purchase.lines[{place}].product": line.product, f"purchase.lines[{place}].category": line.category}
    if touchpoint.activity:
        texts |= {"activity.code": touchpoint.activity.code, "activity.partner": touchpoint.activity.partner}
        for name, value in touchpoint.activity.attributes.items():
            texts[f"activity.attributes.{name.strip()}"] = f"{name}{value}"
    if touchpoint.interaction:
        texts["interaction.topic"] = touchpoint.interaction.topic or ""
        texts["interaction.summary"] = (touchpoint.interaction.summary or "").translate(_WHITE)
    return [(field, "must not hold control characters") for field, text in texts.items() if _CONTROL.search(text)]
