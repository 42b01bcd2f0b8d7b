"""The checker on facts that were spoiled: a defect of each kind, put into a real run's facts, must be found as such."""

from collections.abc import Callable
from copy import copy

import pytest

from tests.faults.checker import check
from tests.faults.checks.commands import events_of, find, key_name
from tests.faults.facts import Event, Facts, Parked
from tests.faults.finding import Kind
from tests.faults.ledger import Entry, Outcome
from tests.faults.plan import Allows

pytestmark = pytest.mark.timeout(900)


def acknowledged(facts: Facts, kind: str) -> Entry:
    """Return a command of the kind that was acknowledged."""
    return next(entry for entry in facts.entries if entry.kind == kind and entry.outcome is Outcome.ACKNOWLEDGED)


def event_of(facts: Facts, entry: Entry) -> Event:
    (event,) = events_of(find(facts), entry.effect)
    return event


def long_stream(facts: Facts) -> list[Event]:
    """Return the events of a stream of loyalty that has several."""
    events = facts.services["loyalty"].events
    stream = next(event.stream for event in events if event.version == 3)
    return [event for event in events if event.stream == stream]


def an_event_is_lost_from_the_log(facts: Facts) -> None:
    event = long_stream(facts)[1]
    facts.services["loyalty"].events.remove(event)


def an_acknowledgement_has_no_write(facts: Facts) -> None:
    entry = copy(acknowledged(facts, "spend"))
    entry.key, entry.effect = "never-written", type(entry.effect)("loyalty", ("points-spent",), "spend_id", "never")
    facts.entries.append(entry)
    facts.services["loyalty"].keys.add(key_name(entry))


def an_event_has_no_number(facts: Facts) -> None:
    next(filter(None, facts.services["contact"].numbers.values())).pop()


def a_record_is_lost_from_the_topic(facts: Facts) -> None:
    records = facts.services["contact"].records
    number = max(record.number for record in records)
    facts.services["contact"].records = [record for record in records if record.number != number]


def a_record_is_another(facts: Facts) -> None:
    facts.services["tickets"].records[0].data = "{}"


def a_touchpoint_is_lost_by_kafka(facts: Facts) -> None:
    facts.touchpoints = facts.touchpoints[1:]


def a_consequence_is_missing(facts: Facts) -> None:
    for event in facts.services["loyalty"].events:
        if event.type == "member-enrolled":
            event.type = "something-else"
            break


def an_answer_names_another_version(facts: Facts) -> None:
    entry = next(e for e in facts.entries if e.kind == "spend" and e.version is not None)
    entry.version = (entry.version or 0) + 1000


def an_answer_is_not_kept(facts: Facts) -> None:
    facts.services["loyalty"].keys.discard(key_name(acknowledged(facts, "spend")))


def what_cannot_be_taken_is_not_parked(facts: Facts) -> None:
    facts.services["contact"].parked.clear()


def an_event_is_doubled(facts: Facts) -> None:
    event = event_of(facts, acknowledged(facts, "spend"))
    again = copy(event)
    again.position, again.version = 10**9, 1 + max(e.version for e in long_stream_of(facts, event))
    facts.services["loyalty"].events.append(again)


def long_stream_of(facts: Facts, event: Event) -> list[Event]:
    return [item for item in facts.services["loyalty"].events if item.stream == event.stream]


def a_key_is_taken_twice(facts: Facts) -> None:
    """The ticket's id was chosen by the service: only the key kept the command from opening a second one."""
    event = copy(event_of(facts, acknowledged(facts, "open")))
    event.stream, event.position = "ticket-another", 10**9
    facts.services["tickets"].events.append(event)


def a_key_is_answered_differently(facts: Facts) -> None:
    facts.asked_again[acknowledged(facts, "spend").key] = "another answer"


def a_refusal_took_effect(facts: Facts) -> None:
    acknowledged(facts, "spend").outcome = Outcome.REFUSED


def an_event_has_two_numbers(facts: Facts) -> None:
    positions = next(filter(None, facts.services["contact"].numbers.values()))
    positions.append(positions[0])


def a_consequence_came_twice(facts: Facts) -> None:
    event = copy(next(e for e in facts.services["loyalty"].events if e.type == "member-enrolled"))
    event.stream = "account-another"
    facts.services["loyalty"].events.append(event)


def a_deadline_took_effect_twice(facts: Facts) -> None:
    """Complaints of long ago are told too late at once, so there are such events."""
    event = next(e for e in facts.services["tickets"].events if e.type == "acknowledgement-breached")
    again = copy(event)
    again.version, again.position = 10**6, 10**9
    facts.services["tickets"].events.append(again)


def two_events_are_swapped_in_the_log(facts: Facts) -> None:
    first, second = long_stream(facts)[:2]
    first.position, second.position = second.position, first.position


def two_numbers_are_swapped(facts: Facts) -> None:
    first, second = (event.position for event in long_stream(facts)[:2])
    for positions in facts.services["loyalty"].numbers.values():
        positions[:] = [{first: second, second: first}.get(position, position) for position in positions]


def two_records_are_swapped(facts: Facts) -> None:
    records = [record for record in facts.services["loyalty"].records if record.partition == 0]
    first, second = records[0], next(r for r in records if r.number != records[0].number)
    first.number, second.number = second.number, first.number


def a_later_command_has_an_earlier_version(facts: Facts) -> None:
    entries = [e for e in facts.entries if e.version is not None and len(e.attempts) == 1 and e.service == "loyalty"]
    first = min(entries, key=lambda entry: entry.known_at)
    later = next(e for e in reversed(entries) if e.stream == first.stream and e.began > first.known_at)
    first.version, later.version = later.version, first.version


def something_is_stuck(facts: Facts) -> None:
    facts.stuck.append("contact: 3 events wait for a number")


def an_outcome_stays_unknown(facts: Facts) -> None:
    acknowledged(facts, "spend").outcome = Outcome.UNKNOWN


def a_row_of_a_view_was_changed(facts: Facts) -> None:
    view = facts.services["loyalty"].views[0]
    view.differences, view.first = 1, "a row"


def a_good_message_is_parked(facts: Facts) -> None:
    facts.services["loyalty"].parked.append(Parked("purchases", "k", "rapport.contact.v1", 0, 1, "refused"))


def an_error_that_nobody_foresaw(facts: Facts) -> None:
    acknowledged(facts, "spend").attempts[0].said = "500 unexpected"


SPOILED: list[tuple[Callable[[Facts], None], Kind]] = [
    (an_event_is_lost_from_the_log, Kind.LOST),
    (an_acknowledgement_has_no_write, Kind.LOST),
    (an_event_has_no_number, Kind.LOST),
    (a_record_is_lost_from_the_topic, Kind.LOST),
    (a_record_is_another, Kind.LOST),
    (a_touchpoint_is_lost_by_kafka, Kind.LOST),
    (a_consequence_is_missing, Kind.LOST),
    (an_answer_names_another_version, Kind.LOST),
    (an_answer_is_not_kept, Kind.LOST),
    (what_cannot_be_taken_is_not_parked, Kind.LOST),
    (an_event_is_doubled, Kind.DOUBLED),
    (a_key_is_taken_twice, Kind.DOUBLED),
    (a_key_is_answered_differently, Kind.DOUBLED),
    (a_refusal_took_effect, Kind.DOUBLED),
    (an_event_has_two_numbers, Kind.DOUBLED),
    (a_consequence_came_twice, Kind.DOUBLED),
    (a_deadline_took_effect_twice, Kind.DOUBLED),
    (two_events_are_swapped_in_the_log, Kind.REORDERED),
    (two_numbers_are_swapped, Kind.REORDERED),
    (two_records_are_swapped, Kind.REORDERED),
    (a_later_command_has_an_earlier_version, Kind.REORDERED),
    (something_is_stuck, Kind.STUCK),
    (an_outcome_stays_unknown, Kind.STUCK),
    (a_row_of_a_view_was_changed, Kind.DIFFERING),
    (a_good_message_is_parked, Kind.PARKED),
    (an_error_that_nobody_foresaw, Kind.FAILED),
]


@pytest.mark.parametrize(("spoil", "kind"), SPOILED, ids=lambda item: getattr(item, "__name__", str(item)))
def test_a_defect_is_found_and_called_by_its_name(spoil: Callable[[Facts], None], kind: Kind, facts: Facts) -> None:
    assert check(facts) == []
    spoil(facts)
    found = check(facts)
    assert kind in {finding.kind for finding in found}, found
    assert len(found[0].history) <= len(found[-1].history), "the shortest history comes first"


def test_a_finding_tells_the_shortest_history_of_its_command(facts: Facts) -> None:
    entry = acknowledged(facts, "open")
    event = event_of(facts, entry)
    event.data = event.data.replace(entry.key, "another")
    (finding,) = [finding for finding in check(facts) if entry.key in finding.said]
    assert finding.kind is Kind.LOST
    mark = entry.key.partition("-")[0]
    assert all(f"{mark}-" not in line or entry.key in line for line in finding.history), "of other commands, nothing"
    assert any("at rest" in line for line in finding.history)


def test_where_no_request_may_fail_one_that_was_sent_twice_is_a_finding(facts: Facts) -> None:
    entry = next(entry for entry in facts.entries if len(entry.attempts) > 1)
    found = check(facts, Allows(failed=False))
    assert any(finding.kind is Kind.FAILED and entry.key in finding.said for finding in found)
