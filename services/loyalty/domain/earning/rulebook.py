"""A programme's rules, compiled: each published version once, found by number and by moment."""

from collections.abc import Callable
from datetime import datetime

from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.compiled import CompiledRules, compiled

Compile = Callable[[Version], CompiledRules]


class Rulebook:
    """The versions of one programme. Each is compiled when it is first asked for.

    `known` are versions that were compiled before, by number: as a version never
    changes, books of one programme may share them.
    """

    def __init__(self, programme: Programme, known: dict[int, CompiledRules] | None = None) -> None:
        self._programme = programme
        self.programme_id = programme.versions[0].document.id if programme.versions else ""
        self._compiled = {} if known is None else known

    def at(self, moment: datetime) -> CompiledRules | None:
        """Return the rules for what happens at the moment; None before any version counts."""
        version = self._programme.version_at(moment)
        return None if version is None else self._rules(version)

    def shares(self, moment: datetime) -> bool:
        """Tell whether some limit of the rules for what happens then is one of all members."""
        rules = self.at(moment)
        return rules is not None and rules.shares

    def numbered(self, number: int) -> CompiledRules:
        """Return the rules of a version. Raises LookupError where it was never published."""
        version = self._programme.version(number)
        if version is None:
            raise LookupError(f"version {number} was never published")
        return self._rules(version)

    def terms(self, number: int, points_currency: str) -> Terms:
        """Return the terms of a currency by a version. Raises LookupError where it was never published."""
        version = self._programme.version(number)
        if version is None:
            raise LookupError(f"version {number} was never published")
        return version.document.terms_of(points_currency)

    def _rules(self, version: Version) -> CompiledRules:
        rules = self._compiled.get(version.number)
        if rules is None:
            document = version.document
            rules = self._compiled[version.number] = compiled(document.earning, document.zone, version.number)
        return rules
