"""What counts instead: for each published version the document that takes its place within the period."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from services.loyalty.domain.earning.rulebook import Rulebook, tier_factors
from services.loyalty.domain.programme.decide import publication_faults, told
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.asking import names_tiers
from services.loyalty.domain.rules.compiled import CompiledRules
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.versions import Tables
from services.loyalty.domain.what_if.asked import Asked
from services.loyalty.domain.what_if.patching import by_id, patched
from shared.errors import Invalid


class Alternative(Struct, frozen=True):
    """The published versions, and `instead` of each (by its number) what the facts of the period are judged by.

    What stands instead of version n has the number n + the number of published
    versions, so that a judgement says which of the two it is by.
    """

    asked: Asked
    published: Programme
    instead: tuple[Document, ...]

    @property
    def zone(self) -> str:
        """By whose clock months are counted: the newest version's."""
        return self.published.versions[-1].document.zone

    def number(self, version: int, moment: datetime) -> int:
        """Return the number under which a version's facts of a moment are judged."""
        return version + len(self.instead) if self.asked.covers(moment) else version

    def original(self, number: int) -> int:
        """Return the number of the published version in whose place a judgement's version stands."""
        return number - len(self.instead) if number > len(self.instead) else number

    def numbered(self) -> Programme:
        """Return all of them as the versions of one programme, the published ones first."""
        others = (
            Version(version.number + len(self.instead), version.effective_from, document)
            for version, document in zip(self.published.versions, self.instead, strict=True)
        )
        return Programme((*self.published.versions, *others))

    def tables(self, known: Programme | None = None) -> Tables:
        """Return the tier tables as they would have been, by the versions that were `known` (None: by all)."""
        known = self.published if known is None else known
        stretches = (
            Version(number, since, self.instead[version.number - 1])
            for number, (since, version) in enumerate(self._counting(known), start=len(self.instead) + 1)
        )
        return tables_of(Programme((*known.versions, *stretches)))

    def _counting(self, known: Programme) -> Iterator[tuple[datetime, Version]]:
        """Yield from when on which of the known versions counts within the period."""
        begins = {version.effective_from for version in known.versions}
        for moment in sorted({self.asked.since, *filter(self.asked.covers, begins)}):
            version = known.version_at(moment)
            if version is not None:
                yield moment, version


class Books:
    """The rulebooks of an alternative, one for each number of versions that were published when a fact was told."""

    def __init__(self, alternative: Alternative) -> None:
        self.alternative = alternative
        self._numbered = alternative.numbered()
        self._compiled: dict[int, CompiledRules] = {}
        self._books: dict[int, WhatIfBook] = {}
        versions = alternative.published.versions
        self._known = [Programme(versions[:number]) for number in range(len(versions) + 1)]

    def known(self, versions: int) -> "WhatIfBook":
        """Return the rules as they were known when so many versions were published."""
        book = self._books.get(versions)
        if book is None:
            known = self._known[versions]
            book = self._books[versions] = WhatIfBook(self.alternative, self._numbered, known, self._compiled)
        return book

    def known_to(self, number: int, moment: datetime, versions: int) -> int:
        """Return how many versions were known to who judged a fact of the moment by a version of this number.

        At most `versions`, which were published before the judgement was written: it may have
        been decided just before the last of them.
        """
        for known in range(versions, 0, -1):
            found = self._known[known].version_at(moment)
            if found is not None and found.number == number:
                return known
        return versions


class WhatIfBook(Rulebook):
    """The published rules as `known`, but within the period what counts instead."""

    def __init__(
        self, alternative: Alternative, numbered: Programme, known: Programme, compiled: dict[int, CompiledRules]
    ) -> None:
        super().__init__(numbered, compiled)
        self._alternative = alternative
        self._known = known

    def at(self, moment: datetime) -> CompiledRules | None:
        """Return the rules for what happens at the moment, those that count instead within the period."""
        version = self._known.version_at(moment)
        return None if version is None else self.numbered(self._alternative.number(version.number, moment))

    @cached_property
    def tables(self) -> Tables:
        """The tier tables as they would have been, by the versions that were known."""
        return self._alternative.tables(self._known)

    @cached_property
    def heeds_tiers(self) -> bool:
        """Tell whether some rules of the period, those that count instead, earn by a member's tier."""
        instead = self._alternative.instead[: len(self._known.versions)]
        return bool(self.tables) and any(map(earns_by_tier, instead))


def earns_by_tier(document: Document) -> bool:
    """Tell whether what a fact earns depends on its member's tier: by a condition, or a tier's multiplier."""
    return bool(tier_factors(document).factors) or names_tiers(document.earning)


def alternative_of(asked: Asked, published: Programme, now: datetime) -> Alternative:
    """Return the alternative that is asked for.

    Raises Invalid, with pointers into the document or the patch, where it couldn't
    be published either; and where no version of the programme counts within the period.
    """
    counting = {version.number for version in published.versions if _counts(version, asked, published)}
    if not counting:
        raise Invalid([("until", "ends before any version of the programme counts: there is nothing to play")])
    instead = tuple(
        _instead(asked, version, published, now) if version.number in counting else version.document
        for version in published.versions
    )
    return Alternative(asked, published, instead)


def _counts(version: Version, asked: Asked, published: Programme) -> bool:
    """Tell whether facts of the period may have been judged by a version: also before a back-dated one was told."""
    later = published.versions[version.number :]
    return version.effective_from < asked.until and not any(
        other.effective_from <= asked.since and not other.back_dated for other in later
    )


def _instead(asked: Asked, version: Version, published: Programme, now: datetime) -> Document:
    document = asked.document
    if asked.patch is not None:
        document = patched(version.document, asked.patch)
    if document is None or document == version.document:
        return version.document
    known = Programme(published.versions[: version.number])
    faults = publication_faults(document, version.effective_from, now, known)
    names = [rule.id for rule in document.earning.rules] if asked.patch is not None else ()
    if faults:
        raise Invalid([(by_id(fault.at, names), told(fault)) for fault in faults])
    return document
