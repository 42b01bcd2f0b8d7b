"""Every event that was ever published can be read for ever."""

from importlib import import_module

import msgspec
import pytest

from rapport.reference import RELEASED, openapi
from shared.events import Catalogue, EventName, encode
from shared.schemas import released
from shared.schemas.contracts import faults
from tests.architecture.project import NAMES, ROOT, service

PUBLISHED = [(name, event) for name in NAMES for event in sorted(service(name).publishes.events)]
READERS = [
    (reader, other)
    for reader in NAMES
    for other in NAMES
    if (ROOT / "services" / reader / "contracts" / f"{other}.py").is_file()
]


@pytest.mark.parametrize(("name", "event"), PUBLISHED)
def test_a_published_event_has_an_example_that_decodes_to_what_it_says(name: str, event: str) -> None:
    declared = service(name)
    stored = (declared.folder / "contracts" / "examples" / f"{event}.json").read_bytes()
    decoded = declared.publishes.decode(*EventName.parse(event), stored)
    said, published = msgspec.json.decode(encode(decoded)), msgspec.json.decode(stored)
    assert {field: said[field] for field in published} == published
    needed = {field.encode_name for field in msgspec.structs.fields(type(decoded)) if field.required}
    assert needed <= published.keys(), "a field that came later must have a default"


@pytest.mark.parametrize("name", NAMES)
def test_every_stored_example_is_of_an_event_that_still_decodes(name: str) -> None:
    publishes = service(name).publishes
    for example in sorted((service(name).folder / "contracts" / "examples").glob("*.json")):
        type_, version = EventName.parse(example.stem)
        assert publishes.knows(type_), f"{example.name} has lost its event"
        assert publishes.decode(type_, version, example.read_bytes()) is not None


@pytest.mark.parametrize("name", NAMES)
def test_every_event_of_every_version_has_a_schema_and_an_example_that_fits_it(name: str) -> None:
    assert list(faults(service(name))) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_promise_of_the_last_release_is_broken(name: str) -> None:
    assert (RELEASED / name / "openapi.json").is_file()
    assert released.broken(service(name), openapi(service(name)), RELEASED / name) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_served_is_openapi_3_1(name: str) -> None:
    assert openapi(service(name))["openapi"].startswith("3.1.")


@pytest.mark.parametrize("name", NAMES)
def test_every_old_version_keeps_its_example(name: str) -> None:
    examples = service(name).folder / "contracts" / "examples"
    assert [old for old in service(name).publishes.upcasters if not (examples / f"{old}.json").is_file()] == []


@pytest.mark.parametrize(("reader", "other"), READERS)
def test_what_a_service_reads_of_another_fits_what_that_one_publishes(reader: str, other: str) -> None:
    """A reader's struct must take the publisher's own examples."""
    published = service(other)
    for catalogue in _catalogues(reader, other):
        assert catalogue.service == other
        for event in catalogue.events:
            assert event in published.publishes.events, f"{reader} reads {event}, which {other} doesn't publish"
            example = published.folder / "contracts" / "examples" / f"{event}.json"
            assert catalogue.decode(*EventName.parse(event), example.read_bytes()) is not None


def _catalogues(reader: str, other: str) -> list[Catalogue]:
    module = import_module(f"services.{reader}.contracts.{other}")
    return [value for value in vars(module).values() if isinstance(value, Catalogue)]
