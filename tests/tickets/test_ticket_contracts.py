"""What tickets has written can be read for ever."""

from pathlib import Path

import msgspec
import pytest

from services.tickets.contracts.published import PUBLISHED
from services.tickets.domain.terms import Apology, Points, Refund, Replacement
from shared.events import EventName, encode

EXAMPLES = Path(__file__).parents[2] / "services" / "tickets" / "contracts" / "examples"


@pytest.mark.parametrize("name", sorted(PUBLISHED.events))
def test_a_stored_example_decodes_and_encodes_to_the_same(name: str) -> None:
    stored = (EXAMPLES / f"{name}.json").read_bytes()
    event = PUBLISHED.decode(*EventName.parse(name), stored)
    assert msgspec.json.decode(encode(event)) == msgspec.json.decode(stored)


def test_every_kind_of_redress_is_told_apart_on_the_wire() -> None:
    event = PUBLISHED.decode("complaint-resolved", 1, (EXAMPLES / "complaint-resolved.v1.json").read_bytes())
    assert [type(item) for item in event.redress] == [Apology, Refund, Replacement, Points]
