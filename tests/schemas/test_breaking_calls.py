"""Whatever a caller relied on in the last release is missed when it goes; what is added passes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shared.schemas.openapi import breaking

Change = Callable[[dict[str, Any]], object]

NOTE: dict[str, Any] = {
    "type": "object",
    "required": ["text", "kind"],
    "properties": {
        "text": {"type": "string", "maxLength": 100},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "weight": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "tags": {"type": "array", "items": {"type": "string"}},
        "replies": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}},
    },
}
KIND = {"type": "string", "enum": ["plain", "urgent"]}
KEPT: dict[str, Any] = {
    **deepcopy(NOTE),
    "properties": {**deepcopy(NOTE["properties"]), "replies": {"items": {"$ref": "#/components/schemas/Kept"}}},
}
BEFORE: dict[str, Any] = {
    "paths": {
        "/v1/notes": {
            "post": {
                "parameters": [
                    {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}},
                    {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["text", "-text"]}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}},
                },
                "responses": {
                    "201": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Kept"}}},
                        "headers": {"ETag": {"schema": {"type": "string"}}},
                    },
                    "409": {"content": {"application/problem+json": {}}},
                },
                "security": [{"bearer": ["notes:write"]}],
            },
            "get": {"responses": {"200": {"content": {"application/json": {"schema": {}}}}}},
        }
    },
    "components": {"schemas": {"Note": NOTE, "Kind": KIND, "Kept": KEPT}},
}


def post(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/v1/notes"]["post"]
    return found


def sent(document: dict[str, Any]) -> dict[str, Any]:
    """The schema of what callers send."""
    found: dict[str, Any] = document["components"]["schemas"]["Note"]
    return found


def answered(document: dict[str, Any]) -> dict[str, Any]:
    """The schema of what callers are answered."""
    found: dict[str, Any] = document["components"]["schemas"]["Kept"]
    return found


def field(name: str, **changes: Any) -> dict[str, Any]:
    return {"properties": {**NOTE["properties"], name: {**NOTE["properties"].get(name, {}), **changes}}}


BROKEN: dict[str, tuple[Change, str]] = {
    "a removed path": (lambda new: new["paths"].clear(), "POST /v1/notes"),
    "a removed operation": (lambda new: new["paths"]["/v1/notes"].pop("get"), "GET /v1/notes"),
    "a removed status": (lambda new: post(new)["responses"].pop("409"), "409"),
    "a removed header": (lambda new: post(new)["responses"]["201"].pop("headers"), "ETag"),
    "a removed media type": (lambda new: post(new)["responses"]["409"]["content"].clear(), "problem"),
    "another scope": (lambda new: post(new).update(security=[{"bearer": ["notes:admin"]}]), "notes:admin"),
    "a removed parameter": (lambda new: post(new)["parameters"].pop(), "sort"),
    "a new required parameter": (
        lambda new: post(new)["parameters"].append({"name": "of", "in": "query", "required": True, "schema": {}}),
        "?of",
    ),
    "a parameter now required": (lambda new: post(new)["parameters"][0].update(required=True), "idempotency-key"),
    "a parameter's value refused": (lambda new: post(new)["parameters"][1]["schema"]["enum"].pop(), "-text"),
    "a body now refused": (lambda new: post(new).pop("requestBody"), "body"),
    "a new required field in a request": (
        lambda new: sent(new).update(field("by", type="string"), required=["text", "kind", "by"]),
        "body.by",
    ),
    "a field of a request now required": (lambda new: sent(new).update(required=["text", "kind", "tags"]), "body.tags"),
    "a removed field of a request": (lambda new: sent(new)["properties"].pop("tags"), "body.tags"),
    "a retyped field of a request": (lambda new: sent(new).update(field("tags", type="string")), "body.tags"),
    "a shorter text in a request": (lambda new: sent(new).update(field("text", maxLength=50)), "maxLength"),
    "a pattern for what was free": (lambda new: sent(new).update(field("text", pattern="^a")), "pattern"),
    "null refused in a request": (lambda new: sent(new).update(field("weight", anyOf=[{"type": "integer"}])), "weight"),
    "another default": (lambda new: sent(new).update(field("weight", default=1)), "default"),
    "a narrowed enumeration in a request": (lambda new: new["components"]["schemas"]["Kind"]["enum"].pop(), "urgent"),
    "a removed field of an answer": (lambda new: answered(new)["properties"].pop("text"), "201.text"),
    "a retyped field of an answer": (lambda new: answered(new).update(field("text", type="integer")), "201.text"),
    "a field of an answer that may be absent": (lambda new: answered(new).update(required=["kind"]), "201.text"),
    "null in an answer that had none": (
        lambda new: answered(new).update(field("tags", anyOf=[{"type": "array", "items": {}}, {"type": "null"}])),
        "201.tags",
    ),
    "other items in an answer": (lambda new: answered(new).update(field("tags", items={"type": "integer"})), "tags[]"),
    "a widened enumeration in an answer": (
        lambda new: new["components"]["schemas"]["Kind"]["enum"].append("silent"),
        "silent",
    ),
}

ADDED: dict[str, Change] = {
    "a path": lambda new: new["paths"].update({"/v1/more": {"get": {}}}),
    "an operation": lambda new: new["paths"]["/v1/notes"].update(delete={}),
    "a status": lambda new: post(new)["responses"].update({"429": {}}),
    "an optional parameter": lambda new: post(new)["parameters"].append({"name": "as_of", "in": "query", "schema": {}}),
    "an optional field in a request": lambda new: sent(new).update(field("by", type="string")),
    "a longer text in a request": lambda new: sent(new).update(field("text", maxLength=500)),
    "a request's field that may now be left out": lambda new: sent(new).update(required=["kind"]),
    "a number where only whole ones were taken": lambda new: sent(new).update(
        field("weight", anyOf=[{"type": "number"}, {"type": "null"}])
    ),
    "a field in an answer": lambda new: answered(new).update(field("at", type="string")),
    "a field that an answer now always has": lambda new: answered(new).update(required=["text", "kind", "tags"]),
    "another description": lambda new: sent(new).update(description="Said anew."),
    "a description of what was not described": lambda new: new["paths"]["/v1/notes"]["get"]["responses"]["200"][
        "content"
    ]["application/json"].update(schema={"type": "object"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_was_promised_is_missed(name: str) -> None:
    change, told = BROKEN[name]
    new = deepcopy(BEFORE)
    change(new)
    found = breaking(BEFORE, new)
    assert any(told in f"{item.where} {item.what}" for item in found), found


@pytest.mark.parametrize("name", ADDED)
def test_what_is_added_passes(name: str) -> None:
    new = deepcopy(BEFORE)
    ADDED[name](new)
    assert breaking(BEFORE, new) == []


def test_a_document_keeps_its_own_promises() -> None:
    assert breaking(BEFORE, deepcopy(BEFORE)) == []


def test_a_field_that_holds_its_own_kind_is_followed_once() -> None:
    new = deepcopy(BEFORE)
    assert breaking(BEFORE, new) == []
    answered(new)["properties"]["replies"]["items"] = {"$ref": "#/components/schemas/Note"}
    sent(new)["required"].remove("text")
    (found,) = breaking(BEFORE, new)
    assert found.where.endswith("replies[].text")
