"""What Schemathesis is told of these services: what schemas can't say, and how each kind of caller is answered."""

import os
from datetime import UTC, datetime
from typing import Any

import schemathesis
from hypothesis import strategies as st

from tests.fuzzing.callers import KIND

READS = ("GET", "HEAD", "OPTIONS")


def _times(first: int, last: int) -> st.SearchStrategy[str]:
    times = st.datetimes(datetime(first, 1, 1), datetime(last, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - they get one
    return times.map(datetime.isoformat)


schemathesis.openapi.format("past", _times(1971, 2025))
schemathesis.openapi.format("long-past", _times(1971, 1999))
schemathesis.openapi.format("future", _times(2035, 9000))

FORMATS = {
    **dict.fromkeys(("as_of", "known_at", "received_at", "earned_at", "until", "occurred_at"), "past"),
    "since": "long-past",
    "due_at": "future",
}
"""Times that the services take only on one side of now, or in one order."""

GIVEN_OUT = ("page[after]", "Consistency-Token", "Idempotency-Key", "If-Match")
"""Parameters whose values can't be invented: only what was answered fits, or what was never used before.

They are fuzzed by targets/, and used as they are meant by the state machines.
"""

TAKEN_IN = ("Earning", "Refund", "Refund-Input", "PackBody", "PaymentBody")
"""The models of bodies with money."""

WORDS = 4000
"""By this length texts are known of which blanks at both ends don't count: one of blanks alone is empty."""

ONLY = {"last-event-id": "0", "if-match": "*"}
"""Where one must be sent, the one that fits every state."""


def _money(least: int) -> dict[str, Any]:
    digits = {"type": "string", "pattern": "^[1-9][0-9]{0,14}$"}
    return {"anyOf": [{"type": "integer", "minimum": least, "maximum": 10**15 - 1}, digits]}


NAME = {"type": "string", "pattern": "^[a-z][a-z0-9]{0,31}$"}
_PART = {"amount": _money(0), "currency": {"enum": ["EUR", "USD", "JPY"]}}


def _touchpoint(kind: str, part: dict[str, Any], required: list[str]) -> dict[str, Any]:
    said = {"type": "object", "properties": part, "required": required}
    identifier = {"type": NAME, "value": {"type": "string", "pattern": "^[ -~]{1,60}$"}}
    who = {"type": "object", "properties": identifier, "required": ["type", "value"]}
    fields: dict[str, Any] = {
        "kind": {"const": kind},
        "source": NAME,
        "id": {"type": "string", "pattern": "^[!-~]{1,60}$"},
        "channel": {"enum": ["web", "call", "email"]},
        "occurred_at": {"type": "string", "format": "past"},
        "identifiers": {"type": "array", "items": who, "minItems": 1, "maxItems": 10},
        kind: said,
    }
    return {"type": "object", "properties": fields, "required": list(fields)}


TOUCHPOINT = {
    "oneOf": [
        _touchpoint("purchase", {**_PART, "items": {"enum": [1, 2]}}, ["amount", "currency"]),
        _touchpoint("refund", {**_PART, "order_id": NAME}, ["order_id", "amount", "currency"]),
        _touchpoint(
            "interaction",
            {"direction": {"enum": ["inbound", "outbound"]}, "topic": {"anyOf": [NAME, {"type": "null"}]}},
            ["direction"],
        ),
        _touchpoint("activity", {"what": {"enum": ["survey", "referral", "touchpoint"]}}, ["what"]),
    ]
}
"""The document says of a touchpoint that it is an object: the contracts say more, and so does this."""


TOLD = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        "data": {"type": "string", "pattern": "^{"},
    },
    "required": ["id", "data"],
}
"""An event of a feed; the document describes the stream as the text that it is."""


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Write into the schema what OpenAPI has no words for."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            _tell(operation)
    for model, schema in raw_schema["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            _time(name, field)
            if name in ("net", "amount") and model in TAKEN_IN:
                schema["properties"][name] = _money(0 if model in ("Earning", "Refund") else 1)
            if field.get("maxLength") == WORDS:
                field |= {"pattern": r"\S"}
            if model == "Refund-Input" and name == "currency":
                schema["properties"][name] = _PART["currency"]
            for part in (field, *field.get("anyOf", ())):
                if name == "points" and "exclusiveMaximum" in part:
                    part |= {"maximum": 10**15}  # JSON's numbers lose their last digits up there


def _tell(operation: dict[str, Any]) -> None:
    kept = [item for item in operation.get("parameters", ()) if item["required"] or item["name"] not in GIVEN_OUT]
    operation["parameters"] = kept
    for item in kept:
        _time(item["name"], item["schema"])
        if item["name"].lower() in ONLY:
            item["schema"] = {"enum": [ONLY[item["name"].lower()]]}
    for content in operation["responses"].get("200", {}).get("content", {}).items():
        if content[0] == "text/event-stream":
            content[1]["schema"] = TOLD
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if content["schema"] == {"type": "object"}:
            content["schema"] = TOUCHPOINT
        elif content["schema"].get("type") == "array":
            content["schema"]["items"] = TOUCHPOINT


def _time(name: str, schema: dict[str, Any]) -> None:
    for part in (schema, *schema.get("anyOf", ())):
        if part.get("format") == "date-time" and name in FORMATS:
            part["format"] = FORMATS[name]
            part.pop("maxLength", None)


@schemathesis.check
def problems_are_problems(context: Any, response: Any, case: Any) -> None:
    """Whatever says no says so in RFC 9457's words, and names the request."""
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return
    body = response.json()
    assert body["status"] == response.status_code, body
    assert body["trace_id"] == response.headers["x-request-id"][0], body
    assert response.headers["x-content-type-options"] == ["nosniff"]


@schemathesis.check
def a_caller_gets_what_is_theirs(context: Any, response: Any, case: Any) -> None:
    """Nobody unknown is let in, nobody without the scope does anything; whoever has it is never refused for that."""
    kind, status = os.environ.get(KIND, "full"), response.status_code
    unread = status in (400, 404, 405, 413, 415, 422) and not _is_known(case)
    if unread:
        return  # refused before anyone asked who calls
    if kind in ("nobody", "expired", "garbled"):
        assert status == 401, f"a caller with {kind} token was answered {status}"
    elif "Authorization" not in response.request.headers:
        assert status == 401, f"a request without a token was answered {status}"
    elif kind == "stranger" or (kind == "reader" and _writes(case)):
        assert status == 403, f"a {kind} was answered {status}"


def _writes(case: Any) -> bool:
    operation = case.operation.definition.raw
    return any(
        not scope.endswith(":read") for way in operation.get("security", ()) for item in way.values() for scope in item
    )


def _is_known(case: Any) -> bool:
    """Tell whether the case fits its operation: what doesn't may be refused before it is known who calls."""
    return case.meta is not None and case.meta.generation.mode.is_positive
