"""The checker: from the facts of a run to everything that is wrong with it. It is pure, and asks nobody."""

from collections import Counter
from collections.abc import Sequence

from tests.faults.checks import commands, consequences, logs, rest
from tests.faults.facts import Facts
from tests.faults.finding import Finding, Kind
from tests.faults.plan import Allows

USUAL = Allows()


def check(facts: Facts, allows: Allows = USUAL, *, since: int = 0) -> Sequence[Finding]:
    """Return all findings, those with the shortest histories first.

    Which requests may fail is asked of the commands from number `since` on.
    """
    found = [
        *commands.check_effects(facts),
        *commands.check_keys(facts),
        *commands.check_order(facts),
        *logs.check_streams(facts),
        *logs.check_numbers(facts),
        *logs.check_topics(facts),
        *logs.check_touchpoints(facts),
        *consequences.check_chains(facts),
        *consequences.check_deadlines(facts),
        *rest.check_stuck(facts),
        *rest.check_views(facts),
        *rest.check_parked(facts, allows),
        *rest.check_failures(facts, allows, since),
    ]
    return sorted(found, key=lambda finding: (len(finding.history), finding.said))


def counted(findings: Sequence[Finding]) -> dict[str, int]:
    """Return how many findings there are of each kind."""
    counts = Counter(finding.kind for finding in findings)
    return {kind.value: counts[kind] for kind in Kind}
