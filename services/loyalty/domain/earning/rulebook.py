"""A programme's rules, compiled: each published version once, found by number and by moment."""

from collections.abc import Callable
from datetime import datetime

from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.compiled import NO_FACTORS, CompiledRules, TierFactors, compiled
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.tiers.versions import Tables

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
        self._tables: Tables | None = None

    def at(self, moment: datetime) -> CompiledRules | None:
        """Return the rules for what happens at the moment; None before any version counts."""
        version = self._programme.version_at(moment)
        return None if version is None else self._rules(version)

    def of(self, programme: Programme) -> bool:
        """Tell whether these are the rules of just this programme, with these versions."""
        return self._programme is programme

    @property
    def tables(self) -> Tables:
        """The programme's tier tables; none where it has no tiers."""
        if self._tables is None:
            self._tables = tables_of(self._programme)
        return self._tables

    def shares(self, moment: datetime) -> bool:
        """Tell whether some limit of the rules for what happens then is one of all members."""
        rules = self.at(moment)
        return rules is not None and rules.shares

    @property
    def ever_shares(self) -> bool:
        """Whether some limit of any version is one of all members: a late fact may reach into any of them."""
        return any(version.document.earning.shares for version in self._programme.versions)

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
            factors = tier_factors(document)
            rules = compiled(document.earning, document.zone, version.number, factors)
            self._compiled[version.number] = rules
        return rules


def tier_factors(document: Document) -> TierFactors:
    """Return what the programme's tiers multiply: points that can be spent. What only qualifies is for all the same."""
    if document.tiers is None:
        return NO_FACTORS
    factors = {tier.name: tier.benefits.multiplier for tier in document.tiers.tiers if tier.benefits.multiplier > 1}
    return TierFactors(factors, document.declared().spendable)
