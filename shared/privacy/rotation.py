"""Rotation of the master key: data keys are wrapped anew in batches, while everything seals and opens as ever."""

from collections.abc import Callable

from shared.privacy.vault import Vault

STANDSTILL = 10
"""Batches in a row of which nothing could be put back, before this is taken for a fault and not for a race."""


async def rotate(vault: Vault, batch: int = 500, told: Callable[[int], None] = lambda _: None) -> int:
    """Wrap every data key by the current master key; return how many were wrapped anew.

    A data key itself never changes, so nobody who holds one notices. One that is
    destroyed meanwhile stays destroyed. Raises LookupError when a master key isn't
    there that still wraps some.
    """
    total = still = 0
    while old := await vault.keys.wrapped_otherwise(vault.masters.current, batch):
        new = {item.subject: item for item in await vault.masters.wrap(await vault.masters.unwrap(old))}
        done = await vault.keys.rewrap([(item, new[item.subject]) for item in old])
        still = 0 if done else still + 1
        if still == STANDSTILL:
            raise RuntimeError("the data keys keep changing while they are wrapped anew: run it again")
        total += done
        told(done)
    return total
