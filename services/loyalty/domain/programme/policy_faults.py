"""What can be wrong with a programme's policies: days, bounds and amounts that can't be, or that mean nothing."""

from collections.abc import Iterator

from services.loyalty.domain.ledger.policies import LapsePolicy, Policies, TransferPolicy

LARGEST = 2**63 - 1
LONGEST_GRACE = 3650

PolicyFault = tuple[str, str]
"""(JSON pointer into the policies, what is wrong)."""


def policy_faults(policies: Policies) -> Iterator[PolicyFault]:
    """Yield every fault of the policies."""
    yield from _lapse(policies.lapse)
    yield from _transfer(policies.transfer)
    alone = policies.adjustment.alone
    if alone is not None and not 0 <= alone <= LARGEST:
        yield "/adjustment/alone", "must be 0 or more points, and below 2^63; null: nobody needs a second person"


def _lapse(policy: LapsePolicy) -> Iterator[PolicyFault]:
    if policy.kind == "grace":
        if not 1 <= policy.grace_days <= LONGEST_GRACE:
            yield "/lapse/grace_days", f"must be 1 to {LONGEST_GRACE} days"
    elif policy.grace_days:
        yield "/lapse/grace_days", f"has no meaning for {policy.kind}: leave it out, or let the kind be grace"


def _transfer(policy: TransferPolicy) -> Iterator[PolicyFault]:
    if not policy.allowed and policy != TransferPolicy(allowed=False):
        yield "/transfer/allowed", "forbids what the other fields set bounds for"
    if not 1 <= policy.at_least <= LARGEST:
        yield "/transfer/at_least", "must be at least 1 point, and below 2^63"
    if policy.at_most is not None and not policy.at_least <= policy.at_most <= LARGEST:
        yield "/transfer/at_most", "must be at_least or more points, and below 2^63; null: no bound"
