"""A verdict: what should become of an act, and every finding that says why."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Outcome(StrEnum):
    """What should become of an act, the mildest first."""

    ALLOW = "allow"
    SUSPECT = "suspect"
    """It takes effect, and someone should look at it; points that it earned are withheld until then."""
    STEP_UP = "step-up"
    """It takes effect once the member has proved again who they are."""
    REFUSE = "refuse"
    """It takes no effect."""
    BLOCK = "block"
    """It takes no effect, and neither does anything else that takes points out, until someone lifts the block."""

    @property
    def severity(self) -> int:
        """How severe it is: more than all before it."""
        return _SEVERITY[self]


_SEVERITY = {outcome: place for place, outcome in enumerate(Outcome)}


class Finding(Struct, frozen=True):
    """One rule spoke up: which, what it wants, and a sentence for people that names the numbers."""

    rule: str
    outcome: Outcome
    says: str


class Verdict(Struct, frozen=True):
    """The severest outcome, and all findings, the severest first."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()

    @property
    def takes_effect(self) -> bool:
        """Whether the act may be done as it is."""
        return self.outcome in (Outcome.ALLOW, Outcome.SUSPECT)


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict that the findings come to; without any, nothing is wrong."""
    found = tuple(sorted(findings, key=lambda finding: (-finding.outcome.severity, finding.rule, finding.says)))
    return Verdict(found[0].outcome if found else Outcome.ALLOW, found)
