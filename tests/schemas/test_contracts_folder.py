"""Every version of an event that was ever written keeps schema and example, and reads as the newest for ever."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from shared.events import Catalogue
from shared.schemas import released
from shared.schemas.contracts import documents, examples_folder, faults, generated, schemas_folder, written
from shared.schemas.event import event_schema
from shared.service import Service
from shared.testing import sample
from shared.testing.sample import Echoed, Raised


class RaisedNow(Struct, frozen=True):
    """A counter went up by `amount` of `unit`: the third version of the event."""

    amount: int
    unit: str


V1_TO_V2 = {"raised.v1": lambda old: {"amount": old["by"]}}
V2_TO_V3 = {"raised.v2": lambda old: {**old, "unit": "points"}}


class RaisedThen(Struct, frozen=True):
    """The second version, as its schema was written when it was the newest."""

    amount: int


def keep(service: Service, name: str, struct: type[Any], example: dict[str, Any]) -> None:
    for folder, document in (
        (schemas_folder(service), event_schema("sample", name, struct)),
        (examples_folder(service), example),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_bytes(written(document))


@pytest.fixture
def first(tmp_path: Path) -> Service:
    """The sample service as it was released: one version of each event."""
    service = sample.service(tmp_path)
    keep(service, "raised.v1", Raised, {"by": 5})
    keep(service, "echoed.v1", Echoed, {"cause": "a@1"})
    return service


@pytest.fixture
def third(first: Service) -> Service:
    """The same after two changes of meaning: old versions kept, two upcasters."""
    catalogue = Catalogue("sample", {"raised.v3": RaisedNow, "echoed.v1": Echoed}, {**V1_TO_V2, **V2_TO_V3})
    service = replace(first, publishes=catalogue)
    keep(service, "raised.v2", RaisedThen, {"amount": 5})
    keep(service, "raised.v3", RaisedNow, {"amount": 5, "unit": "points"})
    return service


def test_one_version_as_it_should_be_has_no_faults(first: Service) -> None:
    assert list(faults(first)) == []


def test_three_versions_as_they_should_be_have_no_faults(third: Service) -> None:
    assert list(faults(third)) == []


def test_the_files_that_follow_from_the_code_are_those_of_the_newest_versions(third: Service) -> None:
    assert {file.name for file in generated(third)} == {"raised.v3.json", "echoed.v1.json"}
    for file, content in generated(third).items():
        assert file.read_bytes() == content


FAULTS: dict[str, tuple[Callable[[Service], object], str]] = {
    "no example": (lambda at: (examples_folder(at) / "raised.v3.json").unlink(), "raised.v3 has no example"),
    "no schema": (lambda at: (schemas_folder(at) / "raised.v1.json").unlink(), "raised.v1 has no schema"),
    "an old version without example": (
        lambda at: (examples_folder(at) / "raised.v2.json").unlink(),
        "raised.v2 has no example",
    ),
    "an example that doesn't fit": (lambda at: keep(at, "raised.v2", RaisedThen, {"amount": "5"}), "doesn't fit"),
    "an event that is gone": (lambda at: keep(at, "lowered.v1", Raised, {"by": 1}), "lowered.v1 is no event"),
    "a version from the future": (lambda at: keep(at, "raised.v4", Raised, {"by": 1}), "raised.v4 can't be read"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named(name: str, third: Service) -> None:
    change, told = FAULTS[name]
    change(third)
    assert any(told in fault for fault in faults(third)), list(faults(third))


def test_an_upcaster_that_is_missing_or_wrong_is_found(third: Service) -> None:
    events = {"raised.v3": RaisedNow, "echoed.v1": Echoed}
    missing = replace(third, publishes=Catalogue("sample", events, V1_TO_V2))
    assert any("raised.v2" in fault for fault in faults(missing))
    wrong = {**V1_TO_V2, "raised.v2": lambda old: {**old, "unit": 7}}
    assert any(
        "can't be read" in fault for fault in faults(replace(third, publishes=Catalogue("sample", events, wrong)))
    )


@pytest.fixture
def kept(first: Service, tmp_path: Path) -> Path:
    folder = tmp_path / "released"
    released.release(first, {"paths": {}}, folder)
    return folder


def test_a_new_version_beside_the_old_breaks_nothing(third: Service, kept: Path) -> None:
    assert released.broken(third, {"paths": {}}, kept) == []


def test_an_edited_example_is_a_broken_promise(third: Service, kept: Path) -> None:
    keep(third, "raised.v1", Raised, {"by": 6})
    (found,) = released.broken(third, {"paths": {}}, kept)
    assert found.where == "examples/raised.v1.json"


def test_another_meaning_under_the_same_version_is_a_broken_promise(third: Service, kept: Path) -> None:
    keep(third, "raised.v1", RaisedThen, {"by": 5})
    assert {item.where for item in released.broken(third, {"paths": {}}, kept)} == {
        "raised.v1.amount",
        "raised.v1.by",
    }


def test_a_version_that_is_gone_is_a_broken_promise(third: Service, kept: Path) -> None:
    (schemas_folder(third) / "raised.v1.json").unlink()
    (found,) = released.broken(third, {"paths": {}}, kept)
    assert "for ever" in found.what


def test_a_release_keeps_what_there_was(first: Service, kept: Path) -> None:
    assert documents(kept / "schemas") == documents(schemas_folder(first))
    assert documents(kept / "examples") == documents(examples_folder(first))
