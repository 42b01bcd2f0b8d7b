"""Whom a merge or its undo concerns: those about whom decisions are taken anew."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.scoring.domain.events import Cause


def concerned(because: Iterable[Cause], merged: Mapping[UUID, tuple[UUID, ...]]) -> Mapping[UUID, tuple[Cause, ...]]:
    """Return the causes for each customer who is to be scored anew.

    `merged` names whom a customer stands for besides themselves. A cause
    concerns whoever stands for either of its two customers: after a merge that
    is one, after an undo they are two.
    """
    roots = {member: root for root, members in merged.items() for member in members}
    found: dict[UUID, tuple[Cause, ...]] = {}
    for cause in because:
        for customer in dict.fromkeys(roots.get(side, side) for side in (cause.customer_id, cause.into)):
            found[customer] = (*found.get(customer, ()), cause)
    return found
