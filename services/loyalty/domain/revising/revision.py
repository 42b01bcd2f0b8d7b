"""Carrying out a back-dated version: how far the accounts are judged again, so that a crash costs one batch at most."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from shared.decider import Decider


class RevisionAdvanced(Struct, frozen=True, omit_defaults=True):
    """The facts of so many more accounts, up to the stream `after`, are judged by what counts from `since` on.

    `changed` of them had to be corrected; `failed` are those that couldn't be, and stay as they were.
    """

    programme_id: str
    version: int
    since: datetime
    after: str
    accounts: int
    changed: int
    failed: tuple[str, ...] = ()


class RevisionFinished(Struct, frozen=True):
    """All accounts are judged by the version that was back-dated."""

    programme_id: str
    version: int
    accounts: int
    changed: int
    failed: int


Event = RevisionAdvanced | RevisionFinished


class Advance(Struct, frozen=True):
    """Note a batch, which begins after the stream `since_stream`."""

    since_stream: str
    batch: RevisionAdvanced


class Finish(Struct, frozen=True):
    """Note that no account is left."""

    programme_id: str
    version: int


class Revision(Struct, frozen=True):
    """How far it has come."""

    after: str = ""
    accounts: int = 0
    changed: int = 0
    failed: int = 0
    finished: bool = False


def _decide(command: Advance | Finish, revision: Revision) -> Sequence[Event]:
    """Note each batch once: one that begins elsewhere than where the last ended was done by somebody else."""
    if revision.finished:
        return ()
    if isinstance(command, Advance):
        return (command.batch,) if command.since_stream == revision.after else ()
    counts = (revision.accounts, revision.changed, revision.failed)
    return (RevisionFinished(command.programme_id, command.version, *counts),)


def _evolve(revision: Revision, event: Event) -> Revision:
    if isinstance(event, RevisionFinished):
        return structs.replace(revision, finished=True)
    return Revision(
        event.after,
        revision.accounts + event.accounts,
        revision.changed + event.changed,
        revision.failed + len(event.failed),
    )


REVISION: Decider[Advance | Finish, Event, Revision] = Decider("revision", Revision(), _decide, _evolve)


def revision_id(programme_id: str, version: int) -> str:
    """Return the name of a version's revision, after `revision-`."""
    return f"{programme_id}.{version}"
