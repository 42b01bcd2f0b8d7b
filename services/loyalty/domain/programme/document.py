"""A programme as it is written: point currencies and their terms, zone, tiers, policies, and what earns points."""

from msgspec import Struct, structs

from services.loyalty.domain.abuse.limits import Limits
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.policies import USUAL, Policies
from services.loyalty.domain.pools.rules import PoolRules
from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.language import RuleSet
from services.loyalty.domain.tiers.table import TierTable


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of a programme, whole.

    Days and hours are those of `zone`. `terms` are by the code of a currency; one
    without terms can be spent at once, and for ever. What `policies` leaves out is as
    usual. Without `abuse` nothing is looked at, and without `pools` members can't share
    their points.
    """

    id: str
    name: str
    currencies: tuple[PointsCurrency, ...]
    zone: str = "UTC"
    terms: dict[str, Terms] = {}
    earning: RuleSet = RuleSet()
    tiers: TierTable | None = None
    policies: Policies = USUAL
    abuse: Limits | None = None
    pools: PoolRules | None = None

    def codes(self) -> tuple[str, ...]:
        """Return the codes of the point currencies."""
        return tuple(currency.code for currency in self.currencies)

    def declared(self) -> Declared:
        """Return the point currencies as the ledger knows them, in the order in which they are declared."""
        spendable = tuple(currency.code for currency in self.currencies if currency.kind == "spendable")
        return Declared(spendable, tuple(code for code in self.codes() if code not in spendable))

    @property
    def main(self) -> PointsCurrency:
        """The currency that is meant where nobody names one: the first that can be spent."""
        return next(currency for currency in self.currencies if currency.kind == "spendable")

    def currency(self, code: str) -> PointsCurrency | None:
        """Return a point currency by its code; None where the programme declares none of it."""
        return next((currency for currency in self.currencies if currency.code == code), None)

    def tier_table(self) -> TierTable | None:
        """Return the tiers, in the programme's zone; None where it has none."""
        return self.tiers and structs.replace(self.tiers, zone=self.zone)

    def terms_of(self, code: str) -> Terms:
        """Return the terms of a currency, in the programme's zone."""
        return structs.replace(self.terms.get(code, Terms()), zone=self.zone)
