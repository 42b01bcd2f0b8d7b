"""The CDNOW log as touchpoints, and the complaint calls that are invented beside it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

FILE = Path(__file__).parent / "cdnow" / "CDNOW_master.txt"
COMPLAINT_EVERY = 200
SOURCE = "cdnow"


class Purchase(NamedTuple):
    """One line of the log; `line` (1 is the first purchase) is its order id, as some lines are equal."""

    line: int
    customer: str
    at: datetime
    items: int
    amount: Decimal


class Message(NamedTuple):
    """A CloudEvent in binary mode, ready for Kafka."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def purchases(file: Path = FILE) -> Iterator[Purchase]:
    """Yield the log's purchases in file order."""
    with file.open() as lines:
        next(lines)
        for line, text in enumerate(lines, start=1):
            customer, day, items, amount = text.split()
            at = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) + timedelta(hours=12)
            yield Purchase(line, customer, at, int(items), Decimal(amount))


def messages(log: Iterator[Purchase]) -> Iterator[Message]:
    """Yield a touchpoint for each purchase, and an invented complaint call the day after each 200th."""
    for purchase in log:
        yield _purchase(purchase)
        if purchase.line % COMPLAINT_EVERY == 0:
            yield _complaint(purchase)


def _purchase(purchase: Purchase) -> Message:
    return _message(
        "purchase",
        {
            "kind": "purchase",
            "source": SOURCE,
            "id": str(purchase.line),
            "channel": "web",
            "occurred_at": purchase.at,
            "identifiers": _identifiers(purchase),
            "purchase": {"amount": str(purchase.amount), "currency": "USD", "items": purchase.items},
        },
        purchase,
    )


def _complaint(purchase: Purchase) -> Message:
    return _message(
        "interaction",
        {
            "kind": "interaction",
            "source": SOURCE,
            "id": f"call-{purchase.line}",
            "channel": "call",
            "occurred_at": purchase.at + timedelta(days=1),
            "identifiers": _identifiers(purchase),
            "interaction": {
                "direction": "inbound",
                "topic": "complaint",
                "summary": f"Invented for the demo: order {purchase.line} arrived damaged.",
                "duration_seconds": 240,
            },
            "invented": True,
        },
        purchase,
    )


def _identifiers(purchase: Purchase) -> list[dict[str, str]]:
    return [{"type": "shop-customer", "value": f"{SOURCE}:{purchase.customer}"}]


def _message(kind: str, body: dict[str, object], purchase: Purchase) -> Message:
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_type", f"rapport.touchpoint.{kind}.v1".encode()),
        ("ce_source", b"/demo/cdnow"),
        ("ce_id", f"{SOURCE}-{body['id']}".encode()),
    ]
    return Message(f"{SOURCE}:{purchase.customer}".encode(), msgspec.json.encode(body), headers)
