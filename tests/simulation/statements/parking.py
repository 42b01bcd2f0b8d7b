"""Parked messages: which keys wait, what waits under them, and what an operator does about it."""

from datetime import datetime
from typing import Any

from shared.consumers import parking, parking_lot
from tests.simulation.database import Transaction
from tests.simulation.statements.registry import Rows, means


@means(parking.ANY_KEY)
def any_key(transaction: Transaction, handlers: list[str]) -> Rows:
    return [(any(handler in handlers for handler, _ in transaction.see("parked_key")),)]


@means(parking.BLOCKED)
def blocked(transaction: Transaction, handlers: list[str], keys: list[str]) -> Rows:
    """Share the keys that wait: one under retry is waited for, and is no longer there when the retry freed it."""
    seen = transaction.see("parked_key")
    asked = [pair for pair in zip(handlers, keys, strict=True) if pair in seen]
    for pair in asked:
        transaction.share("parked_key", pair)
    newest = transaction.newest("parked_key")
    return [pair for pair in asked if pair in newest]


@means(parking.PARK_KEYS, "INSERT")
def park_keys(transaction: Transaction, handlers: list[str], keys: list[str], now: datetime) -> Rows:
    """Insert what isn't there: one that another transaction is inserting, or removing, is waited for."""
    asked = sorted(set(zip(handlers, keys, strict=True)))
    for pair in asked:
        if pair not in transaction.newest("parked_key") or transaction.removed_by_another("parked_key", pair):
            transaction.lock("parked_key", pair)
    added = [pair for pair in asked if pair not in transaction.newest("parked_key")]
    for pair in added:
        transaction.put("parked_key", pair, now)
    return added


COLUMNS = (
    "handler",
    "key",
    "topic",
    "partition",
    "kafka_offset",
    "record_key",
    "headers",
    "value",
    "reason",
    "sealed_for",
)


@means(parking.PARK, "INSERT")
def park(transaction: Transaction, *columns: Any) -> Rows:
    *values, now = columns
    added = []
    for row in zip(*values, strict=True):
        number = transaction.next("parked")
        kept = dict(zip(COLUMNS, row, strict=True))
        extra = {"id": number, "parked_at": now, "attempts": 1, "discarded_at": None, "discarded_by": None}
        transaction.put("parked", number, {**kept, **extra})
        added.append((number,))
    return added


def _waiting(transaction: Transaction, handler: str, key: str) -> list[dict[str, Any]]:
    rows = sorted(transaction.see("parked").items())
    return [row for _, row in rows if row["handler"] == handler and row["key"] == key and row["discarded_at"] is None]


@means(parking_lot.LIST)
def listed(transaction: Transaction, handler: str | None, limit: int) -> Rows:
    keys = {(row["handler"], row["key"]): None for _, row in sorted(transaction.see("parked").items())}
    found = []
    for name, key in keys:
        rows = _waiting(transaction, name, key)
        if rows and handler in (None, name):
            first = rows[0]
            attempts = max(row["attempts"] for row in rows)
            since = min(row["parked_at"] for row in rows)
            found.append((name, key, len(rows), since, first["id"], first["reason"], attempts))
    return sorted(found, key=lambda row: row[4])[:limit]


@means(parking_lot.COUNT)
def count(transaction: Transaction) -> Rows:
    return [(sum(row["discarded_at"] is None for row in transaction.see("parked").values()),)]


@means(parking_lot.SHOW)
def show(transaction: Transaction, number: int) -> Rows:
    row = transaction.see("parked").get(number)
    return [row] if row else []


@means(parking_lot.LOCK_KEY)
def lock_key(transaction: Transaction, handler: str, key: str) -> Rows:
    if (handler, key) not in transaction.see("parked_key"):
        return []
    transaction.lock("parked_key", (handler, key))
    return [()] if (handler, key) in transaction.newest("parked_key") else []


@means(parking_lot.WAITING)
def waiting(transaction: Transaction, handler: str, key: str) -> Rows:
    return _waiting(transaction, handler, key)


@means(parking_lot.DONE, "DELETE")
def done(transaction: Transaction, number: int) -> Rows:
    transaction.lock("parked", number)
    there = number in transaction.newest("parked")
    transaction.delete("parked", number)
    return [()] if there else []


@means(parking_lot.STILL, "UPDATE")
def still(transaction: Transaction, number: int, reason: str) -> Rows:
    transaction.lock("parked", number)
    row = transaction.newest("parked").get(number)
    if row is None:
        return []
    transaction.put("parked", number, {**row, "reason": reason, "attempts": row["attempts"] + 1})
    return [()]


@means(parking_lot.DISCARD, "UPDATE")
def discard(transaction: Transaction, number: int, now: datetime, by: str) -> Rows:
    transaction.lock("parked", number)
    row = transaction.newest("parked").get(number)
    if row is None or row["discarded_at"] is not None:
        return []
    transaction.put("parked", number, {**row, "discarded_at": now, "discarded_by": by})
    return [()]


@means(parking_lot.FREE_KEY, "DELETE")
def free_key(transaction: Transaction, handler: str, key: str) -> Rows:
    if (handler, key) not in transaction.see("parked_key") or _waiting(transaction, handler, key):
        return []
    transaction.lock("parked_key", (handler, key))
    transaction.delete("parked_key", (handler, key))
    return [()]
