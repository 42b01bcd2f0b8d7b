"""A verdict: what should become of an act, and every finding that says why."""

from collections.abc import Iterable
from enum import IntEnum

from msgspec import Struct


class Outcome(IntEnum):
    """What should become of an act, the mildest first."""

    ALLOW = 0
    SUSPECT = 1
    """It takes effect, and someone should look at it."""
    STEP_UP = 2
    """It takes effect once the member has proved again who they are."""
    REFUSE = 3
    """It takes no effect."""
    BLOCK = 4
    """It takes no effect, and neither does anything else that takes points out, until someone lifts the block."""


class Finding(Struct, frozen=True):
    """One rule spoke up: which, what it wants, and a sentence for people that names the numbers."""

    rule: str
    outcome: Outcome
    reason: str


class Verdict(Struct, frozen=True):
    """The severest outcome, and all findings, the severest first."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()

    @property
    def takes_effect(self) -> bool:
        """Whether the act may be done as it is."""
        return self.outcome <= Outcome.SUSPECT


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict that the findings come to; without any, nothing is wrong."""
    found = tuple(sorted(findings, key=lambda finding: (-finding.outcome, finding.rule, finding.reason)))
    return Verdict(found[0].outcome if found else Outcome.ALLOW, found)
