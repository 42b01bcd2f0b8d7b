"""What is simulated with: notes on streams, views whose rows show the order, a policy that answers each note once."""

from functools import partial
from pathlib import Path

from msgspec import Struct
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from shared.decider import Decider
from shared.errors import Rejected
from shared.events import Catalogue
from shared.policies.policy import Policy, Work
from shared.service import Service
from shared.settings import ServiceSettings
from shared.store.contract import Context, Recorded
from shared.views.view import View
from shared.wire import event_source


class Noted(Struct, frozen=True):
    """A word was noted. `!` at its beginning is what the views, `?` what the policy can't handle, until mended."""

    word: str


class Heard(Struct, frozen=True):
    """The policy saw the event `cause`."""

    cause: str


def _decide(command: Noted | Heard, _: int) -> tuple[Noted | Heard, ...]:
    return (command,)


def _evolve(count: int, _: Noted | Heard) -> int:
    return count + 1


NOTES = Decider("notes", 0, _decide, _evolve)
PUBLISHED = Catalogue("sample", {"noted.v1": Noted, "heard.v1": Heard})
READ = Catalogue("sample", {"noted.v1": Noted})
TOPIC = "rapport.sample.v1"


class Mended:
    """Whether the cause of failures is gone."""

    def __init__(self) -> None:
        self.yes = False


class Trail(Struct, frozen=True):
    """The words of one key, in the order in which they came."""

    key: str
    words: str
    last: int


def follow(row: Trail | None, event: Recorded, *, key: str, mended: Mended) -> Trail:
    """Write the word behind the others."""
    word = event.event.word
    if word.startswith("!") and not mended.yes:
        raise ValueError("can't be handled")
    return Trail(key, f"{row.words} {word}" if row else word, event.version)


def _table(name: str) -> Table:
    columns = (Column("key", Text, primary_key=True), Column("words", Text), Column("last", BigInteger))
    return Table(name, MetaData(), *columns)


STREAMS_TABLE = _table("by_stream")
SUBJECTS_TABLE = _table("by_subject")


def views(mended: Mended) -> tuple[View[Trail], View[Trail]]:
    """Return a view of each stream, and one of each subject, whose rows fold several streams in publication order."""

    def by_stream(row: Trail | None, event: Recorded) -> Trail:
        return follow(row, event, key=event.stream, mended=mended)

    def by_subject(row: Trail | None, event: Recorded) -> Trail:
        return follow(row, event, key=event.subject, mended=mended)

    make = partial(View, row=Trail, reads=(READ,))
    return (
        make(name="by-stream", table=STREAMS_TABLE, key=lambda event: event.stream, project=by_stream),
        make(name="by-subject", table=SUBJECTS_TABLE, key=lambda event: event.subject, project=by_subject),
    )


def policy(mended: Mended) -> Policy[Recorded]:
    """Return what answers each note. It asks nobody whether it did so before: a second effect would show."""

    def react(work: Work, event: Recorded) -> None:
        if event.event.word.startswith("?") and not mended.yes:
            raise Rejected("unheard", "It can't be handled.")
        context = Context(event.occurred_at, work.now, causation=event.id)
        work.handle(NOTES, f"heard-{event.stream}", Heard(event.id), subject=event.subject, context=context)

    return Policy(
        name="hear",
        source=event_source(READ),
        key=lambda event: event.stream,
        needs=lambda event: (f"heard-{event.stream}",),
        react=react,
        keeps=lambda _: True,
    )


def _service(mended: Mended) -> Service:
    answering = policy(mended)
    return Service(
        name="sample",
        title="Sample",
        summary="Notes for the simulation.",
        settings=ServiceSettings,
        publishes=PUBLISHED,
        folder=Path(),
        views=views(mended),
        policies=lambda _: (answering,),
    )


MENDED = Mended()
"""Of the history that is under way; one at a time runs in a process."""

SERVICE = _service(MENDED)
