"""An event of one version keeps its fields for ever: others read new ones, and we read old ones."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shared.schemas.compare import EVENT, Comparison

BEFORE: dict[str, Any] = {
    "title": "Raised",
    "type": "object",
    "properties": {
        "by": {"type": "integer"},
        "kind": {"$ref": "#/$defs/Kind"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "parts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "at": {"type": "string", "format": "date-time"},
    },
    "required": ["by", "kind", "parts", "at"],
    "$defs": {"Kind": {"title": "Kind", "enum": ["fast", "slow"]}},
}


def found(new: dict[str, Any]) -> list[str]:
    return [f"{item.where} {item.what}" for item in Comparison(BEFORE, new, EVENT).broken(BEFORE, new, "raised.v1")]


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a removed field": (lambda new: new["properties"].pop("note"), "raised.v1.note"),
    "a retyped field": (lambda new: new["properties"].update(by={"type": "string"}), "raised.v1.by"),
    "whole numbers that become any": (lambda new: new["properties"].update(by={"type": "number"}), "raised.v1.by"),
    "a field now required": (lambda new: new["required"].append("note"), "raised.v1.note"),
    "a field that may now be absent": (lambda new: new["required"].remove("by"), "raised.v1.by"),
    "a new required field": (
        lambda new: (new["properties"].update(unit={"type": "string"}), new["required"].append("unit")),
        "raised.v1.unit",
    ),
    "a value more": (lambda new: new["$defs"]["Kind"]["enum"].append("still"), "still"),
    "a value less": (lambda new: new["$defs"]["Kind"]["enum"].remove("slow"), "slow"),
    "null where there was none": (
        lambda new: new["properties"].update(by={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        "raised.v1.by",
    ),
    "no null where there was one": (lambda new: new["properties"].update(note={"type": "string"}), "raised.v1.note"),
    "another default": (lambda new: new["properties"]["note"].update(default=""), "raised.v1.note"),
    "another form": (lambda new: new["properties"]["at"].update(format="date"), "raised.v1.at"),
    "other values in a map": (
        lambda new: new["properties"]["parts"].update(additionalProperties={"type": "string"}),
        "raised.v1.parts.*",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_meaning_needs_a_new_version(name: str) -> None:
    change, told = CHANGES[name]
    new = deepcopy(BEFORE)
    change(new)
    assert any(told in item for item in found(new)), found(new)


def test_a_new_optional_field_needs_none() -> None:
    new = deepcopy(BEFORE)
    new["properties"]["source"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    assert found(new) == []


def test_other_words_for_the_same_need_none() -> None:
    new = deepcopy(BEFORE)
    new["description"] = new["properties"]["by"]["description"] = "Said anew."
    assert found(new) == []
