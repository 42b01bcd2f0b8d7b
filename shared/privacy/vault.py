"""The vault: data keys at hand in this process, for a while, and until their subject is erased."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from shared.errors import Rejected
from shared.privacy.data_key import DataKey
from shared.privacy.key_store import Kept, KeyStore
from shared.privacy.master_keys import MasterKeys

CACHED = 50_000
SECONDS = 60.0
"""How long a key is used without another look: the bound, should the news of an erasure not arrive."""


class Erased(Rejected):
    """The subject's key was destroyed: nothing of theirs can be kept or read any more."""

    def __init__(self) -> None:
        super().__init__("customer-erased", "The customer was erased: nothing more can be recorded about them.")


class _Held(Struct, frozen=True):
    """What is known of a subject until `until`: their key, that they have none (None), or that it was destroyed."""

    key: DataKey | None
    erased: bool
    until: float


class Vault:
    """Fetches keys in one round trip, keeps the most recently used, and lets go of those it hears are gone."""

    def __init__(
        self,
        keys: KeyStore,
        masters: MasterKeys,
        *,
        cached: int = CACHED,
        seconds: float = SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keys = keys
        self.masters = masters
        self._cached = cached
        self._seconds = seconds
        self._monotonic = monotonic
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._news = 0

    async def fetch(self, subjects: Iterable[str]) -> None:
        """Bring the keys of these subjects that are not at hand, in one round trip; none where all are.

        Who had no key is asked for again each time: another process may have made one since.
        """
        wanted = list(dict.fromkeys(subjects))
        for subject in wanted:
            held = self._held.get(subject)
            if held is not None and held.key is None and not held.erased:
                del self._held[subject]
        while missing := [subject for subject in wanted if self._look(subject) is None]:
            news = self._news
            found = await self.keys.find(missing)
            await self._keep([found.get(subject) or subject for subject in missing], news)

    def key(self, subject: str) -> DataKey | None:
        """Return the subject's key as far as it is at hand, else None. Raises Erased when it was destroyed."""
        held = self._look(subject)
        if held is None:
            return None
        if held.erased:
            raise Erased
        return held.key

    def knows(self, subject: str) -> bool:
        """Tell whether it is known here, and lately, which key the subject has, if any: `readable` can be believed."""
        return self._look(subject) is not None

    def readable(self, subject: str) -> DataKey | None:
        """Return the key to open what is sealed for the subject; None when there is none any more."""
        held = self._look(subject)
        return held.key if held else None

    async def add(self, minted: dict[str, DataKey]) -> Sequence[str]:
        """Keep new keys, durably when this returns; return the subjects that had another one, or were erased.

        From now on the keys that count are at hand.
        """
        news = self._news
        wrapped = await self.masters.wrap({subject: key.secret for subject, key in minted.items()})
        kept = await self.keys.add(wrapped)
        others = [item.subject for item in wrapped if kept[item.subject].wrapped != item]
        await self._keep(list(kept.values()), news)
        return others

    async def destroy(self, subjects: Sequence[str]) -> None:
        """Destroy the keys of these subjects for ever, here and, within moments, in every process."""
        await self.keys.destroy(subjects)
        self.gone(subjects)

    async def forget(self, subjects: Sequence[str]) -> None:
        """Destroy the keys; whoever comes again under such a name gets another key."""
        await self.keys.forget(subjects)
        self.gone(subjects)

    async def watch(self) -> None:
        """Let go of keys that other processes destroy, until cancelled or nothing is heard any more."""
        await self.keys.listen(self.gone)

    def gone(self, subjects: Sequence[str] | None) -> None:
        """Let go of the keys of these subjects; of all when it isn't known whose are gone."""
        self._news += 1
        for subject in list(self._held) if subjects is None else subjects:
            self._held.pop(subject, None)

    async def _keep(self, found: Sequence[Kept | str], news: int) -> None:
        """Keep what was found at hand, unless something was heard meanwhile: it may be gone by now."""
        wrapped = [item.wrapped for item in found if isinstance(item, Kept) and item.wrapped]
        secrets = await self.masters.unwrap(wrapped) if wrapped else {}
        for item in found if news == self._news else ():
            if isinstance(item, str):
                self._put(item, None, erased=False)
            else:
                secret = secrets.get(item.subject)
                self._put(item.subject, DataKey(secret) if secret else None, erased=item.erased_at is not None)

    def _look(self, subject: str) -> _Held | None:
        held = self._held.get(subject)
        if held is None or held.until <= self._monotonic():
            return None
        self._held.move_to_end(subject)
        return held

    def _put(self, subject: str, key: DataKey | None, *, erased: bool) -> None:
        self._held[subject] = _Held(key, erased, self._monotonic() + self._seconds)
        self._held.move_to_end(subject)
        if len(self._held) > self._cached:
            self._held.popitem(last=False)
