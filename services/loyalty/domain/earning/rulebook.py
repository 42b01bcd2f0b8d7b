"""A programme's rules, compiled: each published version once, found by number and by moment."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, reduce
from operator import or_

from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.programme import Programme, Version
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.asking import Asked
from services.loyalty.domain.rules.compiled import NO_FACTORS, CompiledRules, TierFactors, compiled
from services.loyalty.domain.rules.fact import Trigger
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
        self._terms: dict[tuple[int, str], Terms] = {}

    def at(self, moment: datetime) -> CompiledRules | None:
        """Return the rules for what happens at the moment; None before any version counts."""
        version = self._programme.version_at(moment)
        return None if version is None else self._rules(version)

    def of(self, programme: Programme) -> bool:
        """Tell whether these are the rules of just this programme, with these versions."""
        return self._programme is programme

    @cached_property
    def tables(self) -> Tables:
        """The programme's tier tables; none where it has no tiers."""
        return tables_of(self._programme)

    @cached_property
    def asks(self) -> Asked:
        """What the rules of any version want to know of a member beside their facts."""
        return reduce(or_, (self._rules(version).asks for version in self._programme.versions), Asked())

    @property
    def begins(self) -> datetime | None:
        """From when on some version counts; None where none was published."""
        return min((version.effective_from for version in self._programme.versions), default=None)

    def knows(self, trigger: Trigger) -> bool:
        """Tell whether some version, whenever it counts, has a rule for this trigger."""
        return trigger in self._triggers

    def since(self, trigger: Trigger) -> datetime | None:
        """Return from when on some version has a rule for this trigger; None where none has."""
        return self._triggers.get(trigger)

    def introduced(self, trigger: Trigger) -> int | None:
        """Return the number of the first version that was published with a rule for this trigger."""
        versions = self._programme.versions
        return next((one.number for one in versions if trigger in self._rules(one).by_trigger), None)

    @cached_property
    def _triggers(self) -> Mapping[Trigger, datetime]:
        found: dict[Trigger, datetime] = {}
        for version in self._programme.versions:
            for trigger in self._rules(version).by_trigger:
                found[trigger] = min(version.effective_from, found.get(trigger, version.effective_from))
        return found

    @cached_property
    def ever_shares(self) -> bool:
        """Tell whether some version has a limit that is one of all members: a late fact may reach into any."""
        return any(version.document.earning.shares for version in self._programme.versions)

    def zone_at(self, moment: datetime) -> str:
        """Return the time zone of the version that counts at the moment, or of the first to come."""
        versions = self._programme.versions
        version = self._programme.version_at(moment) or (versions[0] if versions else None)
        return version.document.zone if version else "UTC"

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
        found = self._terms.get((number, points_currency))
        if found is None:
            version = self._programme.version(number)
            if version is None:
                raise LookupError(f"version {number} was never published")
            found = self._terms[number, points_currency] = version.document.terms_of(points_currency)
        return found

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
