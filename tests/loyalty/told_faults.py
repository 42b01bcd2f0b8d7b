"""Faults as the tests of loyalty ask for them: by their places, each told as the rest of a sentence."""

from collections.abc import Iterable


def places(found: Iterable[tuple[str, str]]) -> list[str]:
    """Return the places, in the order in which they are told."""
    told = [*found]
    for place, says in told:
        assert says[:1].strip(), place
        assert not says[0].isupper(), (place, says)
        assert not says.endswith("."), (place, says)
    return [place for place, _ in told]
