"""The AsyncAPI documents are valid, and say of each topic what is really on it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from shared.schemas.asyncapi import asyncapi
from tests.architecture.project import NAMES, ROOT, service

OFFICIAL = Path(__file__).parent / "official" / "asyncapi-3.0.0.json"
"""From github.com/asyncapi/spec-json-schemas (Apache-2.0), unchanged."""


@pytest.fixture(scope="session")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads(OFFICIAL.read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_a_document_fits_the_official_schema(name: str, official: Draft7Validator) -> None:
    stored = msgspec.yaml.decode((ROOT / "docs" / "reference" / f"{name}.asyncapi.yaml").read_bytes())
    assert [f"{error.json_path}: {error.message}" for error in official.iter_errors(stored)] == []


def test_the_official_schema_finds_what_is_wrong(official: Draft7Validator) -> None:
    wrong = asyncapi(service("loyalty"))
    wrong["operations"]["send-loyalty"]["action"] = "shout"
    assert list(official.iter_errors(wrong))


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_somewhere(name: str) -> None:
    document = asyncapi(service(name))
    assert [reference for reference in _references(document) if not _leads(document, reference)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_event_that_is_published_is_a_message_whose_payload_takes_its_example(name: str) -> None:
    declared, document = service(name), asyncapi(service(name))
    sent = document["channels"][name]["messages"]
    assert sent.keys() == declared.publishes.events.keys()
    for event in sent:
        message = document["components"]["messages"][f"{name}.{event}"]
        example = json.loads((declared.folder / "contracts" / "examples" / f"{event}.json").read_text())
        schema = {**message["payload"], "components": document["components"]}
        assert list(Draft202012Validator(schema).iter_errors(example)) == []


def test_contact_receives_touchpoints() -> None:
    document = asyncapi(service("contact"))
    assert document["channels"]["touchpoints"]["address"] == "rapport.touchpoints.v1"
    assert document["operations"]["receive-touchpoints"]["action"] == "receive"
    payload = document["components"]["schemas"]["Touchpoint"]
    assert {"kind", "source", "id", "channel", "occurred_at"} == set(payload["required"])


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for item in part for found in _references(item)]
    if not isinstance(part, dict):
        return []
    return [
        *([part["$ref"]] if "$ref" in part else []),
        *(found for item in part.values() for found in _references(item)),
    ]


def _leads(document: Any, reference: str) -> bool:
    found = document
    for step in reference.removeprefix("#/").split("/"):
        if step not in found:
            return False
        found = found[step]
    return True
