"""Whatever people may write freely is sealed: in events, in commands, and in the routes that take it in."""

from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from msgspec import Struct

from shared.privacy.fields import personal_fields
from shared.privacy.personal import PERSONAL
from tests.architecture.project import NAMES, service

FREE = {
    *("address", "content", "comment", "description", "explanation", "first_name", "full_name", "item", "last_name"),
    *("message", "name", "note", "notes", "reason", "subject_line", "summary", "text", "title"),
}
"""Names of fields in which someone's own words stand."""

OUR_OWN_WORDS = {
    ("contact", "RefundRefused", "reason"),  # which rule the refund broke, with its amounts
    # a programme, its currencies, its rules and what their conditions look at are named for everyone to read
    *(("loyalty", owner, "name") for owner in ("Document", "PointsCurrency", "Rule", "HasAttribute", "Tier")),
    ("loyalty", "PointsCurrency", "code"),  # of a currency, and nobody's voucher
    ("loyalty", "Agreement", "name"),  # a company's, by which it trades
    ("loyalty", "SimulationFailed", "reason"),  # why a simulation over all accounts can't be done
    ("loyalty", "MoveLine", "reason"),  # one of the few for which a tier changes
    ("scoring", "ActivityChanged", "reason"),  # made of numbers and dates
    ("scoring", "CustomerScored", "reason"),  # made of numbers and the names of tiers
    ("scoring", "RunFailed", "reason"),  # why a run over all customers can't be done
}

EVENTS = [(name, kind) for name in NAMES for kind in sorted(set(service(name).publishes.events.values()), key=str)]


@pytest.mark.parametrize(("name", "kind"), EVENTS, ids=lambda item: getattr(item, "__name__", item))
def test_free_text_in_an_event_is_personal(name: str, kind: type[Any]) -> None:
    assert [
        f"{owner.__name__}.{field}"
        for owner, field, hint in _texts(kind)
        if field in FREE and not _is_personal(hint) and (name, owner.__name__, field) not in OUR_OWN_WORDS
    ] == []


def test_the_services_that_take_words_in_seal_some() -> None:
    sealing = {name for name, kind in EVENTS if personal_fields(kind)}
    assert sealing >= {"contact", "tickets", "loyalty"}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_command_calls_personal_its_event_does_too(name: str) -> None:
    """A text that loses the mark on its way would be stored in clear: the same field has it on both sides."""
    marked = {field for owner, kind in EVENTS if owner == name for field in personal_fields(kind)}
    for owner, kind in EVENTS:
        for holder, field, hint in _texts(kind) if owner == name else ():
            if field in marked and (name, holder.__name__, field) not in OUR_OWN_WORDS:
                assert _is_personal(hint), f"{holder.__name__}.{field}"


def _texts(kind: Any, above: tuple[Any, ...] = ()) -> list[tuple[type[Any], str, Any]]:
    """Return (struct, field, type) of every text in a struct, however deep."""
    found: list[tuple[type[Any], str, Any]] = []
    for field, hint in get_type_hints(kind, include_extras=True).items():
        if _holds_text(hint):
            found.append((kind, field, hint))
        for part in _structs(hint):
            if part not in above:
                found += _texts(part, (*above, part))
    return found


def _holds_text(hint: Any) -> bool:
    return hint is str or any(_holds_text(part) for part in get_args(hint))


def _structs(hint: Any) -> list[Any]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return [hint]
    return [found for part in get_args(hint) for found in _structs(part)]


def _is_personal(hint: Any) -> bool:
    if get_origin(hint) is Annotated and PERSONAL in get_args(hint)[1:]:
        return True
    return any(_is_personal(part) for part in get_args(hint))
