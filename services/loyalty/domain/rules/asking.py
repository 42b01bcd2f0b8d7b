"""What a rule set wants to know of a member beside their facts: segments, consents, and whether a birthday is near."""

from collections.abc import Iterator

from msgspec import Struct

from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    Condition,
    InSegment,
    NearBirthday,
    Not,
    OfTier,
    WithConsent,
)
from services.loyalty.domain.rules.language import RuleSet


class Asked(Struct, frozen=True):
    """What some rule asks for; `near_birthday`: within how many days a birthday counts, each once."""

    segments: bool = False
    consents: bool = False
    near_birthday: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything is asked for."""
        return self.segments or self.consents or bool(self.near_birthday)

    def __or__(self, other: "Asked") -> "Asked":
        """Return what either asks for."""
        days = {*self.near_birthday, *other.near_birthday}
        return Asked(self.segments or other.segments, self.consents or other.consents, tuple(sorted(days)))


def asked_of(rules: RuleSet) -> Asked:
    """Return what the rules ask for."""
    parts = [part for rule in rules.rules if rule.when is not None for part in _parts(rule.when)]
    return Asked(
        any(isinstance(part, InSegment) for part in parts),
        any(isinstance(part, WithConsent) for part in parts),
        tuple(sorted({part.days for part in parts if isinstance(part, NearBirthday)})),
    )


def names_tiers(rules: RuleSet) -> bool:
    """Tell whether a condition of some rule is about the member's tier."""
    return any(isinstance(part, OfTier) for rule in rules.rules if rule.when is not None for part in _parts(rule.when))


def _parts(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all that it is made of; how deep they may lie is checked before."""
    yield condition
    match condition:
        case All(of) | AnyOf(of):
            for item in of:
                yield from _parts(item)
        case Not(of):
            yield from _parts(of)
        case _:
            pass
