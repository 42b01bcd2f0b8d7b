"""Policies in words, one sentence for each choice that a programme makes."""

from services.loyalty.domain.ledger.policies import AdjustmentPolicy, LapsePolicy, Policies, TransferPolicy


def said_of_policies(policies: Policies) -> dict[str, str]:
    """Return what each policy says, by its name in the document."""
    return {
        "debt": _debt(policies),
        "lapse": _lapse(policies.lapse),
        "transfer": _transfer(policies.transfer),
        "adjustment": _adjustment(policies.adjustment),
    }


def _debt(policies: Policies) -> str:
    becomes = "owed, and repaid by the next earnings" if policies.debt == "owe" else "waived"
    return f"what a return can't find any more is {becomes}"


def _lapse(policy: LapsePolicy) -> str:
    becomes = {
        "forfeit": "are lost",
        "grace": f"live for {policy.grace_days} days more",
        "renew": "live as if they were earned then",
    }
    return f"points that lapsed before their spend was taken back {becomes[policy.kind]}"


def _transfer(policy: TransferPolicy) -> str:
    if not policy.allowed:
        return "members can't give points to each other"
    most = "" if policy.at_most is None else f", at most {policy.at_most}"
    return f"members can give points to each other, at least {policy.at_least}{most} at once"


def _adjustment(policy: AdjustmentPolicy) -> str:
    if policy.alone is None:
        return "no adjustment needs a second person"
    return f"more than {policy.alone} points need a second person to be adjusted"
