"""Rest: nothing is stuck, views equal their folds, parked is what can't be taken and nothing else, no step failed."""

from collections.abc import Iterator

from tests.faults.facts import Facts, Parked
from tests.faults.finding import Finding, Kind, history
from tests.faults.ledger import Outcome
from tests.faults.plan import Allows

TOPIC = "rapport.touchpoints.v1"


def check_stuck(facts: Facts) -> Iterator[Finding]:
    """Tell what hadn't come to rest."""
    for said in facts.stuck:
        yield Finding(Kind.STUCK, said)


def check_views(facts: Facts) -> Iterator[Finding]:
    """Tell which views differ from the fold of the log."""
    for name, service in facts.services.items():
        for view in service.views:
            if view.differences:
                said = f"{name}.{view.view}: {view.differences} of {view.rows} rows differ from their fold"
                yield Finding(Kind.DIFFERING, said, (f"    at rest  {view.first}",))


def check_parked(facts: Facts, allows: Allows) -> Iterator[Finding]:
    """Compare what is parked with what can't be taken."""
    poison = {entry.key: entry for entry in facts.entries if entry.to_be_parked}
    sent = {(TOPIC, touched.partition, touched.offset): touched.key for touched in facts.touchpoints}
    met: set[str] = set()
    sealed = 0
    others: list[Finding] = []
    for name, service in facts.services.items():
        for item in service.parked:
            key = item.message or sent.get((item.topic, item.partition, item.offset), "")
            if key in poison:
                met.add(key)
            elif facts.cut and item.topic == TOPIC and not key:
                sealed += 1
            else:
                others.append(_parked(facts, name, item, key))
    if len(others) > allows.parked:
        yield from others
    unmet = [entry for key, entry in poison.items() if entry.outcome is Outcome.ACKNOWLEDGED and key not in met]
    # Which of them is parked under seal can't be told where an erasure has removed the record.
    for entry in unmet[sealed:]:
        said = f"{entry.key} can't be taken, was acknowledged by Kafka, and isn't parked"
        yield Finding(Kind.LOST, said, history(facts, [entry]))


def _parked(facts: Facts, service: str, item: Parked, key: str) -> Finding:
    place = f"{item.topic}/{item.partition}/{item.offset}"
    said = f"{service}: {item.handler} parked {place} under {item.key}: {item.reason or 'behind another'}"
    return Finding(Kind.PARKED, said, history(facts, [entry for entry in facts.entries if entry.key == key]))


def check_failures(facts: Facts, allows: Allows, since: int) -> Iterator[Finding]:
    """Tell which steps failed; which answers tell of an error of ours; and, where none may, which requests failed."""
    for said in facts.failed_steps:
        yield Finding(Kind.FAILED, said)
    for entry in facts.entries[since:]:
        if any(attempt.said.startswith("500") for attempt in entry.attempts):
            said = f"{entry.kind} {entry.key} was answered 500: an error that nobody foresaw"
            yield Finding(Kind.FAILED, said, history(facts, [entry]))
        elif not allows.failed and len(entry.attempts) != 1:
            yield Finding(Kind.FAILED, f"{entry.kind} {entry.key} failed at first", history(facts, [entry]))
