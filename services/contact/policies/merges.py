"""A merge or its undo was asked for: decide it over the customer's stream and that of the tree's root, or neither."""

from uuid import UUID

from services.contact.domain.customer import CUSTOMER
from services.contact.domain.merging import (
    Absorb,
    CustomersMerged,
    MergeCustomers,
    MergeUndone,
    Reason,
    UndoMerge,
    UndoReason,
)
from shared.errors import Missing
from shared.policies.policy import Work
from shared.store.contract import Context


def root_of(work: Work, customer_id: UUID) -> UUID:
    """Return who stands for the customer, by following merges to their end."""
    met = {customer_id}
    while (into := work.state(CUSTOMER, CUSTOMER.stream(customer_id)).merging.into) is not None:
        if into in met:
            raise RuntimeError(f"merges run in a circle at customer {into}: this must not be")
        met.add(into)
        customer_id = into
    return customer_id


def merge(
    work: Work, merge_id: UUID, customer_id: UUID, into: UUID, evidence: tuple[Reason, ...], context: Context
) -> CustomersMerged:
    """Merge the customer into another. Raises Rejected, or Missing where there is no such customer."""
    root = root_of(work, into)
    command = MergeCustomers(merge_id, customer_id, into, root, evidence, context.actor or "")
    stream, subject = CUSTOMER.stream(customer_id), str(customer_id)
    (merged,) = work.handle(CUSTOMER, stream, command, subject=subject, context=context)
    if not work.state(CUSTOMER, CUSTOMER.stream(into)).registered:
        raise Missing("customer-unknown", f"There is no customer {into} to merge into. Register it first.")
    absorb = Absorb(merge_id, root, customer_id)
    work.handle(CUSTOMER, CUSTOMER.stream(root), absorb, subject=str(root), context=context)
    return merged  # type: ignore[return-value] # what MergeCustomers decides


def undo(work: Work, merge_id: UUID, customer_id: UUID, reason: UndoReason, context: Context) -> MergeUndone:
    """Take a merge of the customer back. Raises Rejected, or Missing where there is no such merge."""
    root = root_of(work, customer_id)
    command = UndoMerge(merge_id, customer_id, reason, context.actor or "")
    stream, subject = CUSTOMER.stream(customer_id), str(customer_id)
    (undone,) = work.handle(CUSTOMER, stream, command, subject=subject, context=context)
    absorb = Absorb(merge_id, root, customer_id, ends=True)
    work.handle(CUSTOMER, CUSTOMER.stream(root), absorb, subject=str(root), context=context)
    return undone  # type: ignore[return-value] # what UndoMerge decides
