"""A record from outside that has to be kept: sealed whole, key, headers and value, for whom it concerns."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from shared.ids import new_id
from shared.policies.policy import RawRecord
from shared.privacy.data_key import Unreadable
from shared.privacy.sealer import Sealer
from shared.privacy.token import bound_to
from shared.privacy.vault import Erased, Vault

OWN = "parked-"
"""How the name of a key begins that is one message's alone: nobody can tell whom the message is about."""


class SealedRecord(Struct, frozen=True):
    """The subject of the key, and what it seals; None where the subject was erased before: nothing is kept then."""

    subject: str
    sealed: bytes | None


class _Content(Struct, frozen=True):
    key: bytes | None
    headers: list[tuple[bytes, bytes | None]]
    value: bytes | None


async def seal_records(vault: Vault, records: Sequence[tuple[RawRecord, str | None]]) -> list[SealedRecord]:
    """Seal each record under its subject's key, or one of its own; the keys are durable when this returns.

    Raises Conflict when a subject had a key that wasn't at hand: it is now, so try again.
    """
    named = [(record, subject or f"{OWN}{new_id()}") for record, subject in records]
    await vault.fetch(subject for _, subject in named)
    sealer = Sealer(vault)
    sealed = [_sealed(sealer, record, subject) for record, subject in named]
    await sealer.keep({subject for _, subject in named})
    return sealed


def _sealed(sealer: Sealer, record: RawRecord, subject: str) -> SealedRecord:
    headers = [(name.encode(), value) for name, value in record.headers]
    content = msgspec.json.encode(_Content(record.key, headers, record.value))
    try:
        return SealedRecord(subject, sealer.seal_bytes(content, subject, _origin(record)))
    except Erased:
        return SealedRecord(subject, None)


async def open_record(vault: Vault, row: Mapping[str, Any]) -> RawRecord | None:
    """Return the record behind a row of `parked`; None when its key is gone."""
    place = RawRecord(row["topic"], row["partition"], row["kafka_offset"], None, (), None)
    await vault.fetch((row["sealed_for"],))
    key = vault.readable(row["sealed_for"])
    if key is None or row["value"] is None:
        return None
    try:
        opened = key.open(row["value"], bound_to(row["sealed_for"], _origin(place)))
    except Unreadable:
        return None
    content = msgspec.json.decode(opened, type=_Content)
    headers = [(name.decode(), value) for name, value in content.headers]
    return RawRecord(place.topic, place.partition, place.offset, content.key, headers, content.value)


def _origin(record: RawRecord) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
