"""Merging: what says that two customers are one, and how that is taken back. Nothing else about them changes.

A merge is an edge from the customer merged away to another. Edges form trees, and a tree changes one step at a time:
each merge and each undo is also written into the stream of the tree's root, whose version it has to meet. So of two
that race one wins, and the other decides anew on what is then so; no circle can come about.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from shared.errors import Missing, Rejected


class Evidence(StrEnum):
    """What kind of thing says that two customers are one."""

    SAME_IDENTIFIER = "same-identifier"
    SAME_DOCUMENT = "same-document"
    SAME_PAYMENT = "same-payment"
    SAME_ADDRESS = "same-address"
    SAID_SO = "said-so"
    JUDGED = "judged"


class UndoReason(StrEnum):
    """Why a merge is taken back."""

    MISTAKE = "mistake"
    DIFFERENT_PEOPLE = "different-people"
    SHARED_IDENTIFIER = "shared-identifier"
    REQUESTED = "requested"


class Reason(Struct, frozen=True):
    """One piece of evidence: its kind, and an event that shows it, by its name; never anybody's words."""

    kind: Evidence
    event: str | None = None


class CustomersMerged(Struct, frozen=True):
    """`customer_id` turned out to be `into`, for whom `root` stood then; all stays with whom it happened to."""

    merge_id: UUID
    customer_id: UUID
    into: UUID
    root: UUID
    evidence: tuple[Reason, ...]
    decided_by: str


class MergeUndone(Struct, frozen=True):
    """`customer_id` is not `into` after all."""

    merge_id: UUID
    customer_id: UUID
    into: UUID
    reason: UndoReason
    decided_by: str


class CustomerAbsorbed(Struct, frozen=True):
    """`customer_id`, the root of its tree, stands for `absorbed` and all merged into that, from now on."""

    merge_id: UUID
    customer_id: UUID
    absorbed: UUID


class AbsorptionEnded(Struct, frozen=True):
    """`customer_id`, the root of the tree until now, stands for `absorbed` no longer."""

    merge_id: UUID
    customer_id: UUID
    absorbed: UUID


class MergeCustomers(Struct, frozen=True):
    """Merge the customer into another; `root` stands for that one now."""

    merge_id: UUID
    customer_id: UUID
    into: UUID
    root: UUID
    evidence: tuple[Reason, ...]
    decided_by: str


class UndoMerge(Struct, frozen=True):
    """Take a merge of this customer back."""

    merge_id: UUID
    customer_id: UUID
    reason: UndoReason
    decided_by: str


class Absorb(Struct, frozen=True):
    """Note at the root that a merge begins (`ends` False) or ends."""

    merge_id: UUID
    customer_id: UUID
    absorbed: UUID
    ends: bool = False


class Merging(Struct, frozen=True):
    """Where a customer stands: the merge that holds, if one does, and those that were taken back."""

    merge_id: UUID | None = None
    into: UUID | None = None
    undone: frozenset[UUID] = frozenset()


Event = CustomersMerged | MergeUndone


def merge(command: MergeCustomers, merging: Merging) -> Sequence[CustomersMerged]:
    """Merge into another, once at a time."""
    if command.into == command.customer_id:
        raise Rejected("merge-with-itself", "A customer can't be merged with itself. Name another one in `into`.")
    if merging.into is not None:
        raise Rejected(
            "already-merged",
            f"Customer {command.customer_id} is merged into {merging.into} by {merging.merge_id} already."
            f" Merge {merging.into}, or undo that first.",
        )
    if command.root == command.customer_id:
        raise Rejected(
            "merge-circular",
            f"Customer {command.into} is merged into {command.customer_id}, directly or by others:"
            " the two are one already.",
        )
    return (
        CustomersMerged(
            command.merge_id, command.customer_id, command.into, command.root, command.evidence, command.decided_by
        ),
    )


def undo(command: UndoMerge, merging: Merging) -> Sequence[MergeUndone]:
    """Take the merge that holds back; whatever was merged into this customer stays so."""
    if command.merge_id in merging.undone:
        raise Rejected("merge-undone-already", f"Merge {command.merge_id} was undone before: there is nothing to do.")
    if command.merge_id != merging.merge_id or merging.into is None:
        raise Missing("merge-unknown", f"Customer {command.customer_id} was never merged by {command.merge_id}.")
    return (MergeUndone(command.merge_id, command.customer_id, merging.into, command.reason, command.decided_by),)


def absorb(command: Absorb) -> Sequence[CustomerAbsorbed | AbsorptionEnded]:
    """Note what begins or ends: the root's version is what a racing merge or undo misses."""
    kind = AbsorptionEnded if command.ends else CustomerAbsorbed
    return (kind(command.merge_id, command.customer_id, command.absorbed),)


def after(merging: Merging, event: Event) -> Merging:
    """Return where the customer stands after the event."""
    if isinstance(event, CustomersMerged):
        return Merging(event.merge_id, event.into, merging.undone)
    return Merging(undone=merging.undone | {event.merge_id})
