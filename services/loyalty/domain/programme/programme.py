"""A programme: every version that was ever published, and which of them counts at a moment."""

import hashlib
from datetime import datetime

import msgspec
from msgspec import Struct

from services.loyalty.domain.programme.document import Document


class Version(Struct, frozen=True):
    """One published version."""

    number: int
    effective_from: datetime
    document: Document
    back_dated: bool = False


class Programme(Struct, frozen=True):
    """All versions, in the order of their numbers."""

    versions: tuple[Version, ...] = ()

    @property
    def latest(self) -> Version | None:
        """The version that was published last; it may count from a later time on."""
        return self.versions[-1] if self.versions else None

    def version(self, number: int) -> Version | None:
        """Return a version by its number; None where it was never published."""
        return self.versions[number - 1] if 1 <= number <= len(self.versions) else None

    def version_at(self, moment: datetime) -> Version | None:
        """Return the version that counts for what happens at the moment: of those in effect the last published."""
        return next((one for one in reversed(self.versions) if one.effective_from <= moment), None)

    def says(self, document: Document, effective_from: datetime) -> bool:
        """Tell whether the latest version says the same already, from then on."""
        latest = self.latest
        return latest is not None and latest.document == document and latest.effective_from <= effective_from

    def is_back_dated(self, effective_from: datetime, now: datetime) -> bool:
        """Tell whether a version from then on would count for a time that has begun, or that another counts for."""
        latest = self.latest
        return latest is not None and (effective_from < now or effective_from < latest.effective_from)


def token_of(programme: Programme, document: Document, effective_from: datetime) -> str:
    """Return the token of a preview: it names the document, its date, and the version that it was compared with."""
    encoded = msgspec.json.encode((len(programme.versions), effective_from, document))
    return hashlib.sha256(encoded).hexdigest()[:32]
