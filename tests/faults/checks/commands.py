"""Commands: what was acknowledged is in the log, once; what was refused isn't; an answer tells the truth, twice."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from tests.faults.facts import Event, Facts
from tests.faults.finding import Finding, Kind, history
from tests.faults.ledger import Effect, Entry, Outcome

CALLER = "faults"

Found = Mapping[tuple[str, str, str, str], list[Event]]
"""By service, type, field and value: the events in which the field has the value."""


def key_name(entry: Entry) -> str:
    """Return the name under which a service keeps the answer to this command."""
    return hashlib.sha256(f"{CALLER}\n{entry.path}\n{entry.key}".encode()).hexdigest()


def find(facts: Facts) -> Found:
    """Return the events by the marks that commands leave in them."""
    found: dict[tuple[str, str, str, str], list[Event]] = defaultdict(list)
    fields = {
        (entry.effect.service, type_): {entry.effect.field} for entry in facts.entries for type_ in entry.effect.types
    }
    for service, of in facts.services.items():
        for event in of.events:
            for field in fields.get((service, event.type), ()):
                value = event.stream if field == "stream" else msgspec.json.decode(event.data).get(field)
                found[service, event.type, field, str(value)].append(event)
    return found


def events_of(found: Found, effect: Effect) -> list[Event]:
    """Return the events that show the effect."""
    return [
        event for type_ in effect.types for event in found.get((effect.service, type_, effect.field, effect.value), ())
    ]


def check_effects(facts: Facts) -> Iterator[Finding]:
    """Compare each command's outcome with its effect in the log."""
    found = find(facts)
    written = {name: {event.id: event for event in of.events} for name, of in facts.services.items()}
    for entry in facts.entries:
        if entry.to_be_parked:
            continue
        events = events_of(found, entry.effect)
        seen = [f"{entry.effect.service}'s log has {event.id} ({event.type})" for event in events]
        seen = seen or [f"{entry.effect.service}'s log has no {' or '.join(entry.effect.types)} of it"]

        def finding(kind: Kind, said: str, entry: Entry = entry, seen: list[str] = seen) -> Finding:
            return Finding(kind, f"{entry.kind} {entry.key} {said}", history(facts, [entry], seen))

        if len(events) > 1:
            yield finding(Kind.DOUBLED, f"took effect {len(events)} times")
        match entry.outcome:
            case Outcome.ACKNOWLEDGED if not events:
                yield finding(Kind.LOST, "was acknowledged, and took no effect")
            case Outcome.ACKNOWLEDGED if _denies(entry, events[0], written[entry.service]):
                yield finding(Kind.LOST, f"was answered version {entry.version} of {entry.stream}, which is another")
            case Outcome.REFUSED if events:
                yield finding(Kind.DOUBLED, "was refused, and took effect all the same")
            case Outcome.UNKNOWN | Outcome.OPEN:
                yield finding(Kind.STUCK, "got no definite answer when it was asked again at the end")


def _denies(entry: Entry, event: Event, written: Mapping[str, Event]) -> bool:
    """Tell whether the answer named another event than the one that was written, or a later one of the same append."""
    if entry.version is None:
        return False
    answered = written.get(f"{entry.stream}@{entry.version}")
    if answered is None or answered.stream != event.stream:
        return True
    return answered.version < event.version and answered.type not in entry.effect.at_first


def check_keys(facts: Facts) -> Iterator[Finding]:
    """Look whether the answer to each acknowledged POST is kept under its key, and was the same when asked again."""
    for entry in facts.entries:
        if entry.outcome is not Outcome.ACKNOWLEDGED or entry.method != "POST":
            continue
        if key_name(entry) not in facts.services[entry.service].keys:
            said = f"{entry.kind} {entry.key} was acknowledged, and {entry.service} keeps no answer under its key"
            yield Finding(Kind.LOST, said, history(facts, [entry]))
        again = facts.asked_again.get(entry.key)
        if again is not None and again != entry.answer:
            place = next((n for n, (a, b) in enumerate(zip(entry.answer, again, strict=False)) if a != b), 0)
            shown = slice(max(0, place - 80), place + 80)
            seen = [f"first answered ...{entry.answer[shown]}", f"then answered ...{again[shown]}"]
            said = f"{entry.kind} {entry.key} was answered differently when asked again with its key"
            yield Finding(Kind.DOUBLED, said, history(facts, [entry], seen))


def check_order(facts: Facts) -> Iterator[Finding]:
    """Of two commands on one stream, the one sent after the other was acknowledged must have the higher version."""
    streams: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in facts.entries:
        if entry.outcome is Outcome.ACKNOWLEDGED and entry.version is not None and len(entry.attempts) == 1:
            streams[entry.service, entry.stream or ""].append(entry)
    for (_, stream), entries in streams.items():
        highest: Entry | None = None
        acknowledged = sorted(entries, key=lambda entry: entry.known_at)
        place = 0
        for entry in sorted(entries, key=lambda entry: entry.began):
            while place < len(acknowledged) and acknowledged[place].known_at < entry.began:
                before = acknowledged[place]
                highest = before if highest is None or before.version > highest.version else highest  # type: ignore[operator] # all have one
                place += 1
            if highest is not None and (entry.version or 0) < (highest.version or 0):
                seen = [f"{item.key} became version {item.version} of {stream}" for item in (highest, entry)]
                said = f"{entry.key} came after {highest.key} was acknowledged, and stands before it in {stream}"
                yield Finding(Kind.REORDERED, said, history(facts, [highest, entry], seen))
