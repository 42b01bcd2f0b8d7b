"""Everything about a person as one archive: a page to read, and the same as JSON for programs."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.contact.adapters.erasures import Erasures
from services.contact.adapters.history import customer_at
from services.contact.views.timeline import TIMELINE
from shared.merging import Group
from shared.privacy.revealing import reveal
from shared.privacy.sealed_record import open_record
from shared.privacy.vault import Vault
from shared.store.contract import NOW
from shared.views.rows import Rows

_TIMELINE = Rows(TIMELINE)
EVENTS = f"{_TIMELINE.select_all} WHERE customer_id = ANY($1::uuid[]) ORDER BY occurred_at, event_id"
PARKED = "SELECT * FROM parked WHERE sealed_for = ANY($1::text[]) AND discarded_at IS NULL ORDER BY id"

_encode = msgspec.json.Encoder(decimal_format="string", enc_hook=str).encode

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;margin-bottom:1rem}"
    "th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ddd;padding:.25rem .75rem .25rem 0}"
    "th{width:14rem;font-weight:600}h3{margin-bottom:.25rem}small{color:#555}"
)


class Exporting:
    """Makes archives from contact's timeline, which has the events of all services."""

    def __init__(self, pool: asyncpg.Pool, vault: Vault | None) -> None:
        self._pool = pool
        self._vault = vault

    async def archive(self, customer_id: UUID, found: Group, now: datetime) -> bytes:
        """Return a zip file about the person whom all members of the group are, with every text in clear."""
        members = [UUID(member) for member in found.members]
        document = {
            "customer_id": customer_id,
            "members": members,
            "exported_at": now,
            "customer": await customer_at(self._pool, found, NOW),
            "events": await self._events(members),
            "waiting_messages": await self._parked(members),
        }
        content = _encode(document)
        clear = await reveal(self._vault, content) if self._vault else content
        return _zipped(clear)

    async def _events(self, members: Sequence[UUID]) -> list[dict[str, Any]]:
        rows = map(_TIMELINE.row, await self._pool.fetch(EVENTS, list(members)))
        return [{**msgspec.structs.asdict(row), "data": msgspec.Raw(row.data.encode())} for row in rows]

    async def _parked(self, members: Sequence[UUID]) -> list[dict[str, Any]]:
        """Return what was sent about the person and couldn't be taken in yet."""
        identities = [item.stream for item in await Erasures(self._pool).identifiers(members)]
        rows = await self._pool.fetch(PARKED, [*map(str, members), *identities]) if self._vault else []
        found = []
        for row in rows:
            record = await open_record(self._vault, row) if self._vault else None
            if record is not None:
                content = (record.value or b"").decode(errors="replace")
                found.append({"received_at": row["parked_at"], "waits_because": row["reason"], "content": content})
        return found


def _zipped(document: bytes) -> bytes:
    pretty = msgspec.json.format(document, indent=2) + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customer.json", pretty)
        archive.writestr("customer.html", page(msgspec.json.decode(document)))
    return file.getvalue()


def page(document: Mapping[str, Any]) -> str:
    """Return the document as a page for people."""
    title = f"Everything about customer {document['customer_id']}"
    events = "".join(
        f"<h3>{escape(event['type'])}</h3><small>{escape(event['occurred_at'])}, {escape(event['service'])},"
        f" {escape(event['event_id'])}</small>{_table(event['data'])}"
        for event in document["events"]
    )
    waiting = "".join(map(_table, document["waiting_messages"])) or "<p>None.</p>"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{escape(title)}</h1><p>Exported at {escape(document['exported_at'])}.</p>"
        f"<h2>Now</h2>{_table(document['customer'] or {})}"
        f"<h2>What happened</h2>{events or '<p>Nothing.</p>'}<h2>Messages that wait</h2>{waiting}</html>\n"
    )


def _table(fields: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><th>{escape(_words(name))}<td>{_cell(value)}" for name, value in fields.items())
    return f"<table>{rows}</table>"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return _table(value) if value else "none"
    if isinstance(value, list):
        return "".join(f"<div>{_cell(item)}</div>" for item in value) or "none"
    return "none" if value is None else escape(str(value))


def _words(name: str) -> str:
    return name.replace("_", " ")
