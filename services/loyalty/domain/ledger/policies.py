"""What a programme chooses where the ledger could do one thing or another. Its document says so; commands carry it."""

from typing import Literal

from msgspec import Struct

DebtPolicy = Literal["owe", "cap"]
"""What becomes of a refund's points that are gone: they are owed, or waived, so that a member never owes anything."""


class LapsePolicy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What becomes of a spend that is taken back when its lots have lapsed meanwhile.

    forfeit: its points lapse at once. grace: they live for `grace_days` more, in a
    lot of their own. renew: they get a lot that lives as if it were earned now, on
    the terms of the lot that they came from.
    """

    kind: Literal["forfeit", "grace", "renew"] = "forfeit"
    grace_days: int = 0


class TransferPolicy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether members may give points to each other, and how many at once (None: without limit)."""

    allowed: bool = True
    at_least: int = 1
    at_most: int | None = None


class AdjustmentPolicy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """More points than `alone` need a second person who confirms them (None: nobody does)."""

    alone: int | None = 10_000


class Policies(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All of a programme's choices; what it leaves out is as it was before there was a choice."""

    debt: DebtPolicy = "owe"
    lapse: LapsePolicy = LapsePolicy()
    transfer: TransferPolicy = TransferPolicy()
    adjustment: AdjustmentPolicy = AdjustmentPolicy()


USUAL = Policies()
"""The choices where a programme makes none."""
