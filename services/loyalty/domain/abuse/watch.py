"""What is known of a member: their acts, the decisions about them, and whether they are blocked.

A stream `watch-<customer>`, of those alone at whom a limit looks, or whom someone has blocked.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.abuse.events import (
    ActJudged,
    Event,
    MemberBlocked,
    MemberUnblocked,
    SuspicionReviewed,
)
from services.loyalty.domain.abuse.judge import Past
from services.loyalty.domain.abuse.verdict import Outcome
from shared.decider import Decider
from shared.errors import Missing, Rejected
from shared.privacy.personal import Personal, same

Key = tuple[Kind, str]
"""By which an act is known: its kind, and its id among those."""


class NoteAct(Struct, frozen=True):
    """Keep what an act was judged to be, once."""

    judged: ActJudged


class Review(Struct, frozen=True):
    """Clear a suspicion, or confirm it."""

    customer_id: UUID
    kind: Kind
    act_id: str
    cleared: bool
    reason: Personal
    actor: str


class Block(Struct, frozen=True):
    """Block the member; see `MemberBlocked`."""

    customer_id: UUID
    reason: Personal
    actor: str
    rule: str = ""
    froze: tuple[UUID, ...] = ()


class Unblock(Struct, frozen=True):
    """Lift the block."""

    customer_id: UUID
    reason: Personal
    actor: str


Command = NoteAct | Review | Block | Unblock


class Watch(Struct, frozen=True, gc=False):
    """`acts` are those that took effect, `decided` those with findings, whatever became of them."""

    acts: dict[Key, Act] = {}
    decided: tuple[ActJudged, ...] = ()
    reviews: dict[Key, SuspicionReviewed] = {}
    blocked: MemberBlocked | None = None

    def suspicions(self) -> Iterator[ActJudged]:
        """Yield what was suspected and took effect, and nobody has cleared."""
        for item in self.decided:
            review = self.reviews.get((item.kind, item.act_id))
            if item.effective and (review is None or not review.cleared):
                yield item


def past_of(watches: Sequence[Watch], enrolled_at: datetime | None, proved_at: datetime | None = None) -> Past:
    """Return what is known of members who are one."""
    return Past(
        tuple(act for watch in watches for act in watch.acts.values()),
        enrolled_at,
        proved_at,
        tuple(item.at for watch in watches for item in watch.suspicions()),
        any(watch.blocked for watch in watches),
    )


def decide(command: Command, watch: Watch) -> Sequence[Event]:
    """Return the events that obey `command`; a repeat gives none."""
    match command:
        case NoteAct(judged):
            return _note(judged, watch)
        case Review():
            return _review(command, watch)
        case Block(customer_id, reason, actor, rule, froze):
            return () if watch.blocked else (MemberBlocked(customer_id, reason, actor, rule, froze),)
        case Unblock(customer_id, reason, actor):
            return (MemberUnblocked(customer_id, reason, actor),) if watch.blocked else ()
        case _:
            assert_never(command)


def _note(judged: ActJudged, watch: Watch) -> Sequence[Event]:
    """An attempt that is refused again for the same is told once: nobody fills a log by trying."""
    if judged.effective:
        return () if (judged.kind, judged.act_id) in watch.acts else (judged,)
    same_again = any(structs.replace(item, at=judged.at) == judged for item in watch.decided)
    return () if same_again else (judged,)


def _review(command: Review, watch: Watch) -> Sequence[Event]:
    key = (command.kind, command.act_id)
    if not any(key == (item.kind, item.act_id) and item.effective for item in watch.decided):
        raise Missing("suspicion-unknown", "Nothing of this kind and id was suspected.")
    known = watch.reviews.get(key)
    if known is not None:
        if not same((known.cleared, known.reason), (command.cleared, command.reason)):
            said = "cleared" if known.cleared else "confirmed"
            raise Rejected("review-differs", f"The suspicion was {said} already, by {known.actor}.")
        return ()
    reviewed = (command.customer_id, *key, command.cleared, command.reason, command.actor)
    return (SuspicionReviewed(*reviewed),)


def evolve(watch: Watch, event: Event) -> Watch:
    """Return what is known after `event`. Total: it never raises and never judges."""
    match event:
        case ActJudged():
            return _judged(watch, event)
        case SuspicionReviewed(_, kind, act_id):
            return structs.replace(watch, reviews={**watch.reviews, (kind, act_id): event})
        case MemberBlocked():
            return structs.replace(watch, blocked=event)
        case MemberUnblocked():
            return structs.replace(watch, blocked=None)
        case _:
            assert_never(event)


def _judged(watch: Watch, event: ActJudged) -> Watch:
    acts: Mapping[Key, Act] = watch.acts
    if event.effective:
        act = Act(event.kind, event.act_id, event.at, event.points, event.of)
        acts = {**acts, (event.kind, event.act_id): act}
    decided = watch.decided if event.outcome is Outcome.ALLOW else (*watch.decided, event)
    return structs.replace(watch, acts=acts, decided=decided)


WATCH: Decider[Command, Event, Watch] = Decider("watch", Watch(), decide, evolve)
