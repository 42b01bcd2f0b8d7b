"""What a programme says about its pools: how many share one, who spends from it, and what becomes of who leaves."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

LEAST, MOST = 2, 20
"""How many members a pool may have room for."""

LONGEST_DAYS = 366

Fault = tuple[str, str]
"""(JSON pointer into the rules, message)."""


class Leaving(StrEnum):
    """What becomes of the points of a member who leaves: they take them along, or leave them to the pool's owner."""

    TAKE = "take"
    LEAVE = "leave"


class Spenders(StrEnum):
    """Who may spend from the pool: its owner alone, or each of its members."""

    OWNER = "owner"
    MEMBERS = "members"


class PoolRules(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules that a pool is opened under; it keeps them for as long as it exists.

    It has room for `most` members, those who are invited among them. An invitation stands for `invitation_days`.
    """

    most: int = 8
    leaving: Leaving = Leaving.TAKE
    spenders: Spenders = Spenders.MEMBERS
    invitation_days: int = 14


def faults(rules: PoolRules) -> Iterator[Fault]:
    """Yield what is wrong with the rules; nothing: they can be used."""
    if not LEAST <= rules.most <= MOST:
        yield "/most", f"must lie between {LEAST} and {MOST}"
    if not 1 <= rules.invitation_days <= LONGEST_DAYS:
        yield "/invitation_days", f"must lie between 1 and {LONGEST_DAYS}"


def said(rules: PoolRules | None) -> dict[str, str]:
    """Return the rules in words, by their JSON pointers; nothing where the programme has no pools."""
    if rules is None:
        return {}
    leaves = "takes their points along" if rules.leaving is Leaving.TAKE else "leaves their points to its owner"
    spends = "its owner alone spends" if rules.spenders is Spenders.OWNER else "each member spends"
    return {
        "/most": f"a pool has room for {rules.most} members",
        "/leaving": f"who leaves a pool {leaves}",
        "/spenders": f"{spends} from a pool",
        "/invitation_days": f"an invitation to a pool stands for {rules.invitation_days} days",
    }
