"""Which lots an event touches, and under which names people ask for it."""

from services.loyalty.domain.ledger.events import Event, FactJudged
from services.loyalty.domain.ledger.lot import lot_id

_BY_LOT = ("allocations", "released")
"""The fields in which an event says how many points of which lot it moves."""

_LOT = ("lot_id", "into")

_NAMES = ("spend_id", "hold_id", "refund_id", "activation_id", "cancellation_id", "transfer_id", "adjustment_id")


def touched(event: Event) -> set[str]:
    """Return the lots whose points the event moves."""
    lots = {name for field in _BY_LOT for name in getattr(event, field, ())}
    for part in (*getattr(event, "lots", ()), *getattr(event, "revived", ())):
        lots.add(part.lot_id)
    return lots | {name for field in _LOT if (name := getattr(event, field, None))}


def concerns(event: Event, name: str) -> bool:
    """Tell whether an event is about the lot, order, spend, hold or refund of this name."""
    if name in touched(event) or any(getattr(event, field, None) == name for field in _NAMES):
        return True
    if isinstance(event, FactJudged):
        return name == event.judged.key or name in event.stands
    source, order = getattr(event, "source", None), getattr(event, "order_id", None)
    return source is not None and order is not None and name == lot_id(source, order)
