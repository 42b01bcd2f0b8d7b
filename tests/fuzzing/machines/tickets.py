"""A customer's complaints through their whole lives: promises, decisions, reopening, closing, and stale readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.fuzzing.machines.door import Door, etag

WHICH = st.integers(0, 1)
WORDS = st.sampled_from(["It came open.", "Half of it was missing."])
DUE_AT = "2999-01-07T16:00:00Z"
SEEN = st.sampled_from(["now", "before", "never"])
"""What a caller has read: the present version, the one before, or nothing."""


@dataclass
class Ticket:
    """What a ticket must say."""

    summary: str
    version: int = 2
    acknowledged: bool = False
    promises: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    decision: str | None = None
    explanation: str = ""
    reopenings: int = 0
    closed: bool = False
    token: str = ""

    @property
    def status(self) -> str:
        """Where it stands."""
        if self.closed or self.decision:
            return "closed" if self.closed else "resolved"
        return "reopened" if self.reopenings else "acknowledged" if self.acknowledged else "received"

    @property
    def answer(self) -> str:
        """The promise of an answer that the last opening made."""
        return f"answer-{self.reopenings + 1}" if self.reopenings else "answer"

    @property
    def due(self) -> set[str]:
        """What the customer is owed, by promise; the acknowledgement as an empty name."""
        promised = {name for name in self.promises if name not in self.kept}
        return (
            promised
            | ({self.answer} if self.decision is None else set())
            | ({""} if self.status == "received" else set())
        )

    def acknowledge(self) -> int:
        """Return the status of the answer, as all that follow."""
        if not self.acknowledged and self.decision:
            return 409
        self.version += not self.acknowledged
        self.acknowledged = True
        return 200

    def promise(self, name: str, content: str) -> int:
        if name.startswith("answer") or self.promises.get(name, content) != content:
            return 409
        if name not in self.promises and self.closed:
            return 409
        self.version += name not in self.promises
        self.promises[name] = content
        return 201

    def keep(self, name: str) -> int:
        if name == "answer":
            return 409 if self.reopenings == 0 and self.decision is None else 200
        if name not in self.promises:
            return 404
        self.version += name not in self.kept
        self.kept.add(name)
        return 200

    def resolve(self, decision: str, explanation: str) -> int:
        if self.decision is not None:
            return 200 if (self.decision, self.explanation) == (decision, explanation) else 409
        self.decision, self.explanation = decision, explanation
        self.version += 2
        return 200

    def reopen(self) -> int:
        if self.closed:
            return 409
        if self.decision is not None:
            self.decision = None
            self.reopenings += 1
            self.version += 2
        return 200

    def close(self) -> int:
        if self.closed:
            return 200
        if self.decision is None or self.due:
            return 409
        self.closed = True
        self.version += 1
        return 200


class Tickets(RuleBasedStateMachine):
    """Two tickets of one customer, fresh for each history."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        super().__init__()
        self.door, self.customer = Door(urls, "tickets"), str(uuid4())
        self.ids = [str(uuid4()) for _ in range(2)]
        self.tickets: list[Ticket | None] = [None, None]

    def teardown(self) -> None:
        self.door.close()

    @rule(which=WHICH, summary=WORDS)
    def open(self, which: int, summary: str) -> None:
        known = self.tickets[which]
        status = 201 if known is None else 200 if known.summary == summary else 409
        body = {"customer_id": self.customer, "summary": summary, "severity": "low"}
        answer = self.door.put(f"/v1/tickets/{self.ids[which]}", status, body)
        if known is None:
            self.tickets[which] = Ticket(summary, token=answer.headers["consistency-token"])

    @rule(which=WHICH, seen=SEEN, keyed=st.booleans())
    def acknowledge(self, which: int, seen: str, *, keyed: bool) -> None:
        self._do(which, "acknowledgement", None, seen, lambda ticket: ticket.acknowledge(), keyed=keyed)

    @rule(
        which=WHICH, seen=SEEN, name=st.sampled_from(["call", "letter", "answer-x"]), content=WORDS, keyed=st.booleans()
    )
    def promise(self, which: int, seen: str, name: str, content: str, *, keyed: bool) -> None:
        body = {"promise_id": name, "content": content, "due_at": DUE_AT}
        self._do(which, "promises", body, seen, lambda ticket: ticket.promise(name, content), keyed=keyed)

    @rule(which=WHICH, seen=SEEN, name=st.sampled_from(["call", "letter", "answer"]))
    def keep(self, which: int, seen: str, name: str) -> None:
        self._do(which, f"promises/{name}/fulfilment", None, seen, lambda ticket: ticket.keep(name))

    @rule(which=WHICH, seen=SEEN, decision=st.sampled_from(["upheld", "partly"]), words=WORDS)
    def resolve(self, which: int, seen: str, decision: str, words: str) -> None:
        body = {"decision": decision, "explanation": words, "redress": [{"kind": "apology"}]}
        self._do(which, "resolution", body, seen, lambda ticket: ticket.resolve(decision, words), matched=True)

    @rule(which=WHICH, seen=SEEN)
    def reopen(self, which: int, seen: str) -> None:
        self._do(which, "reopening", {"reason": "Not yet."}, seen, lambda ticket: ticket.reopen(), matched=True)

    @rule(which=WHICH, seen=SEEN)
    def close(self, which: int, seen: str) -> None:
        self._do(which, "closing", None, seen, lambda ticket: ticket.close(), matched=True)

    @rule(which=WHICH)
    def the_lists_show_what_was_done(self, which: int) -> None:
        ticket = self.tickets[which]
        if ticket is None:
            return
        about = f"filter[customer_id]={self.customer}&page[size]=1"
        rows = {row["ticket_id"]: row for row in self.door.rows(f"/v1/tickets?{about}", ticket.token)}
        row = rows[self.ids[which]]
        assert (row["status"], row["reopenings"], row["decision"]) == (
            ticket.status,
            ticket.reopenings,
            ticket.decision,
        )
        queue = [row["ticket_id"] for row in self.door.rows(f"/v1/queue?{about}", ticket.token)]
        assert queue.count(self.ids[which]) == bool(ticket.due)

    @invariant()
    def every_ticket_says_what_the_model_says(self) -> None:
        for ticket_id, ticket in zip(self.ids, self.tickets, strict=True):
            answer = self.door.get(f"/v1/tickets/{ticket_id}", 404 if ticket is None else 200)
            if ticket is not None:
                _agree(answer.json(), ticket)
                assert answer.headers["etag"] == etag(ticket.version)
                history = self.door.get(f"/v1/tickets/{ticket_id}/history").json()["data"]
                assert len(history) == ticket.version

    def _do(
        self, which: int, what: str, body: Any, seen: str, command: Any, *, keyed: bool = False, matched: bool = False
    ) -> None:
        ticket, path = self.tickets[which], f"/v1/tickets/{self.ids[which]}/{what}"
        if matched and seen == "never":
            self.door.post(path, 428, body)
        elif ticket is None:
            self.door.post(path, 404, body, If_Match="*")
        elif seen == "before":
            self.door.post(path, 412, body, If_Match=etag(ticket.version - 1))
        else:
            headers = {} if seen == "never" else {"If_Match": etag(ticket.version)}
            answer = self.door.post(path, command(ticket), body, keyed=keyed, **headers)
            ticket.token = answer.headers.get("consistency-token", ticket.token)


def _agree(said: dict[str, Any], ticket: Ticket) -> None:
    assert (said["status"], said["reopenings"]) == (ticket.status, ticket.reopenings)
    assert (said["acknowledged_at"] is not None) == ticket.acknowledged
    assert {item["promise_id"] or "" for item in said["due"]} == ticket.due
    assert (said["resolution"] or {}).get("decision") == ticket.decision
    assert (said["closed_at"] is not None) == ticket.closed
