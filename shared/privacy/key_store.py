"""Where data keys are kept: the port, and the one in memory that tests use."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from shared.clock import Clock, system_clock
from shared.privacy.master_keys import Wrapped

Changed = Callable[[Sequence[str] | None], None]
"""Told which subjects' keys are gone; None when it may be any, because nothing was heard for a while."""


class Kept(Struct, frozen=True):
    """A subject's key as it is kept; `wrapped` is None once it was destroyed."""

    subject: str
    wrapped: Wrapped | None
    created_at: datetime
    erased_at: datetime | None = None


class KeyStore(Protocol):
    """Keeps wrapped data keys. Like a key management service it is infrastructure, and no service's data."""

    async def find(self, subjects: Sequence[str]) -> Mapping[str, Kept]:
        """Return what is kept of these subjects, in one round trip."""
        ...

    async def add(self, keys: Sequence[Wrapped]) -> Mapping[str, Kept]:
        """Keep the keys of subjects that have none, durably; return what is kept of all of them now."""
        ...

    async def destroy(self, subjects: Sequence[str]) -> None:
        """Destroy the keys for ever, and refuse these subjects new ones, whether they had one or not."""
        ...

    async def forget(self, subjects: Sequence[str]) -> None:
        """Destroy the keys; a subject of the name may come again, with another key. What was destroyed stays so."""
        ...

    async def wrapped_otherwise(self, master_key: str, limit: int) -> Sequence[Wrapped]:
        """Return some of the keys that another master key wraps."""
        ...

    async def rewrap(self, pairs: Sequence[tuple[Wrapped, Wrapped]]) -> int:
        """Put the second of each pair where the first still is; return how many."""
        ...

    async def count(self) -> Mapping[str | None, int]:
        """Return how many keys each master key wraps; under None, how many were destroyed."""
        ...

    async def listen(self, changed: Changed) -> None:
        """Tell what other processes destroy, until cancelled; raise ConnectionError when nothing is heard any more."""
        ...


class InMemoryKeyStore:
    """Keeps keys in a dict; it passes the contract tests of the real one."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._kept: dict[str, Kept] = {}
        self._told: list[Changed] = []

    async def find(self, subjects: Sequence[str]) -> Mapping[str, Kept]:
        """See `KeyStore.find`."""
        return {subject: self._kept[subject] for subject in subjects if subject in self._kept}

    async def add(self, keys: Sequence[Wrapped]) -> Mapping[str, Kept]:
        """See `KeyStore.add`."""
        for key in keys:
            self._kept.setdefault(key.subject, Kept(key.subject, key, self._clock()))
        return {key.subject: self._kept[key.subject] for key in keys}

    async def destroy(self, subjects: Sequence[str]) -> None:
        """See `KeyStore.destroy`."""
        now = self._clock()
        for subject in subjects:
            known = self._kept.get(subject)
            if known is None or known.erased_at is None:
                self._kept[subject] = Kept(subject, None, known.created_at if known else now, now)
        self._tell(subjects)

    async def forget(self, subjects: Sequence[str]) -> None:
        """See `KeyStore.forget`."""
        for subject in subjects:
            if subject in self._kept and self._kept[subject].erased_at is None:
                del self._kept[subject]
        self._tell(subjects)

    async def wrapped_otherwise(self, master_key: str, limit: int) -> Sequence[Wrapped]:
        """See `KeyStore.wrapped_otherwise`."""
        found = [item.wrapped for item in self._kept.values() if item.wrapped]
        return [item for item in found if item.master_key != master_key][:limit]

    async def rewrap(self, pairs: Sequence[tuple[Wrapped, Wrapped]]) -> int:
        """See `KeyStore.rewrap`."""
        done = 0
        for old, new in pairs:
            known = self._kept.get(old.subject)
            if known and known.wrapped == old:
                self._kept[old.subject] = Kept(old.subject, new, known.created_at)
                done += 1
        return done

    async def count(self) -> Mapping[str | None, int]:
        """See `KeyStore.count`."""
        counts: dict[str | None, int] = {}
        for item in self._kept.values():
            name = item.wrapped.master_key if item.wrapped else None
            counts[name] = counts.get(name, 0) + 1
        return counts

    async def listen(self, changed: Changed) -> None:
        """See `KeyStore.listen`; here it returns at once and goes on telling."""
        self._told.append(changed)

    def _tell(self, subjects: Sequence[str]) -> None:
        for changed in self._told:
            changed(subjects)
