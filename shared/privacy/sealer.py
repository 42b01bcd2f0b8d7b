"""Sealing what one append brings: commands get fingerprints, events get tokens, new keys become durable first."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from msgspec import structs

from shared.errors import Conflict
from shared.privacy.data_key import DataKey
from shared.privacy.fields import flat_fields, personal_fields, personal_texts, replaced
from shared.privacy.personal import Clear, is_sealed
from shared.privacy.revealing import opened
from shared.privacy.token import bound_to, sealed
from shared.privacy.vault import Vault

T = TypeVar("T")


class KeyNeeded(LookupError):
    """Something is to be opened with a key that isn't at hand: fetch it, and decide again."""

    def __init__(self, subject: str) -> None:
        super().__init__("the key of a subject isn't at hand")
        self.subject = subject


class Sealer:
    """Works for one batch. Without a vault it leaves everything as it is, which only tests do."""

    def __init__(self, vault: Vault | None) -> None:
        self._vault = vault
        self._minted: dict[str, DataKey] = {}
        self._sealed_for: set[str] = set()

    async def fetch(self, values: Sequence[object], subject: str) -> None:
        """Bring the subject's key, if one of `values` has personal fields and the key isn't at hand."""
        if self._vault is not None and any(personal_fields(type(value)) for value in values):
            await self._vault.fetch((subject,))

    def marked(self, command: T, subject: str) -> T:
        """Return the command with its personal texts fingerprinted, so that deciders can compare them.

        Raises Erased when the subject's key was destroyed.
        """
        if self._vault is None or not personal_fields(type(command)):
            return command
        key = self._key(self._vault, subject)

        def mark(_: str, text: str) -> str:
            if is_sealed(text):
                return text
            clear = Clear(text)
            clear.fingerprint = key.fingerprint(text)
            return clear

        return replaced(command, mark)

    def sealed(self, events: Sequence[T], stream: str, version: int, subject: str) -> Sequence[T]:
        """Return the events, which come after `version` of `stream`, with every personal text as a token.

        What is a token already stays as it is. Raises Erased when the subject's key was destroyed.
        """
        vault = self._vault
        if vault is None or not any(personal_fields(type(event)) for event in events):
            return events
        return [
            self._sealed(vault, event, f"{stream}@{version + place}", subject) for place, event in enumerate(events, 1)
        ]

    def _sealed(self, vault: Vault, event: T, event_id: str, subject: str) -> T:
        flat = flat_fields(type(event))
        if flat is None:
            return replaced(event, lambda field, text: self._token(vault, text, f"{event_id}#{field}", subject))
        texts = ((name, getattr(event, name)) for name in flat)
        tokens = {
            name: self._token(vault, text, f"{event_id}#{name}", subject) for name, text in texts if text is not None
        }
        changed: T = structs.replace(event, **tokens)  # type: ignore[type-var] # only structs have personal fields
        return changed

    def _token(self, vault: Vault, text: str, origin: str, subject: str) -> str:
        if is_sealed(text):
            return text
        key = self._key(vault, subject)
        self._sealed_for.add(subject)
        fingerprint = text.fingerprint if isinstance(text, Clear) else key.fingerprint(text)
        return sealed(key, subject, origin, text, fingerprint)

    def opened(self, value: T, subject: str) -> T:
        """Return the value with its personal texts opened: for a moment, and never to be kept. Erased ones say so.

        Raises KeyNeeded where it isn't known whether the subject has a key.
        """
        vault = self._vault
        if vault is None or not any(map(is_sealed, personal_texts(value))):
            return value
        key = self._minted.get(subject)
        if key is None:
            if not vault.knows(subject):
                raise KeyNeeded(subject)
            key = vault.readable(subject)
        return replaced(value, lambda _, text: opened(key, text))

    def seal_bytes(self, data: bytes, subject: str, origin: str) -> bytes:
        """Return `data` sealed for the subject and bound to its origin. Raises Erased."""
        assert self._vault is not None, "only who has a vault seals bytes"  # noqa: S101 - a caller's mistake
        key = self._key(self._vault, subject)
        self._sealed_for.add(subject)
        return key.seal(data, bound_to(subject, origin))

    def _key(self, vault: Vault, subject: str) -> DataKey:
        """Return the subject's key; a new one where none is known, which `keep` must make durable."""
        key = self._minted.get(subject) or vault.key(subject)
        if key is None:
            key = self._minted[subject] = DataKey.fresh()
        return key

    async def keep(self, subjects: Collection[str]) -> None:
        """Make the new keys of these subjects durable, so that what was sealed with them may be appended.

        Raises Conflict when one of them had a key that wasn't at hand: it is now,
        and whatever was sealed must be decided again.
        """
        if not self._minted:
            return
        minted = {name: key for name, key in self._minted.items() if name in self._sealed_for and name in subjects}
        if self._vault is None or not minted:
            return
        others = await self._vault.add(minted)
        if others:
            raise Conflict([f"key of {subject}" for subject in others])
