"""A programme's rules, compiled: each published version once, found by number and by moment."""

from collections.abc import Callable
from datetime import datetime

from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.rules.compiled import CompiledRules, compiled

Compile = Callable[[Version], CompiledRules]


class Rulebook:
    """The versions of one programme. Each is compiled when it is first asked for.

    `known` are versions that were compiled before, by number: as a version never
    changes, books of one programme may share them.
    """

    def __init__(self, programme: Programme, known: dict[int, CompiledRules] | None = None) -> None:
        self._programme = programme
        self._compiled = {} if known is None else known

    def at(self, moment: datetime) -> CompiledRules | None:
        """Return the rules for what happens at the moment; None before any version counts."""
        version = self._programme.version_at(moment)
        return None if version is None else self._rules(version)

    def numbered(self, number: int) -> CompiledRules:
        """Return the rules of a version. Raises LookupError where it was never published."""
        version = self._programme.version(number)
        if version is None:
            raise LookupError(f"version {number} was never published")
        return self._rules(version)

    def _rules(self, version: Version) -> CompiledRules:
        rules = self._compiled.get(version.number)
        if rules is None:
            document = version.document
            rules = self._compiled[version.number] = compiled(document.earning, document.zone, version.number)
        return rules
