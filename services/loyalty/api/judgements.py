"""The judgements behind an account's events, with the rules of their versions, to be told in words."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from services.loyalty.domain.earning.words import sentence_of, trace_of
from services.loyalty.domain.ledger.events import Event, FactJudged, NothingEarned, PointsEarned
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.programme.rules import CURRENT, RULES
from shared.http import Call
from shared.store.contract import Recorded


class Judgements(Struct, frozen=True):
    """By the id of an event, the judgement that it is or follows from; and the programmes that were judged by."""

    of_event: Mapping[str, FactJudged]
    programmes: Mapping[str, Programme]

    def rule(self, item: Recorded) -> dict[str, Any] | None:
        """Return the rule by which an event earned: its version, and what it says; None of other events."""
        event: Event = item.event
        if not isinstance(event, PointsEarned | NothingEarned):
            return None
        if event.rule == CURRENT.name:
            plain = RULES[event.rule_version]
            return {"name": plain.name, "version": plain.version, "sentence": plain.sentence}
        told, document = self._told(item.id, event.rule_version)
        tier = told.judged.member.tier if told else ""
        says = sentence_of(document, event.rule, event.points_currency, tier) if document else event.rule
        return {"name": event.rule, "version": event.rule_version, "sentence": says}

    def trace(self, item: Recorded) -> list[str] | None:
        """Return how the points of an event's fact came about, line by line; None where no programme judged it."""
        told = self.of_event.get(item.id)
        if told is None:
            return None
        document = self._told(item.id, told.judged.left.version)[1]
        return trace_of(document, told.judged) if document else []

    def _told(self, event_id: str, number: int) -> tuple[FactJudged | None, Document | None]:
        told = self.of_event.get(event_id)
        programme = self.programmes.get(told.programme_id) if told else None
        version = programme.version(number) if programme else None
        return told, version.document if version else None


async def load_judgements(call: Call, log: Mapping[str, Recorded]) -> Judgements:
    """Return the judgements among an account's events, which stand before the points that they move."""
    latest: dict[tuple[str, str], FactJudged] = {}
    found: dict[str, FactJudged] = {}
    for item in log.values():
        event = item.event
        if isinstance(event, FactJudged):
            found[item.id] = latest[item.stream, event.judged.key] = event
        elif isinstance(event, PointsEarned):
            told = latest.get((item.stream, lot_id(event.source, event.order_id)))
            if told is not None:
                found[item.id] = told
    names = {told.programme_id for told in found.values()}
    loaded = {name: (await call.load(PROGRAMME, PROGRAMME.stream(name))).state for name in names}
    return Judgements(found, loaded)
