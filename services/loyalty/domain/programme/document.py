"""A programme as it is written: its point currencies and their terms, its zone, and what earns points."""

from msgspec import Struct, structs

from services.loyalty.domain.programme.points_currency import PointsCurrency
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.rules.language import RuleSet


class Document(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One version of a programme, whole.

    Days and hours are those of `zone`. `terms` are by the code of a currency; one
    without terms can be spent at once, and for ever.
    """

    id: str
    name: str
    currencies: tuple[PointsCurrency, ...]
    zone: str = "UTC"
    terms: dict[str, Terms] = {}
    earning: RuleSet = RuleSet()

    def codes(self) -> tuple[str, ...]:
        """Return the codes of the point currencies."""
        return tuple(currency.code for currency in self.currencies)

    def terms_of(self, code: str) -> Terms:
        """Return the terms of a currency, in the programme's zone."""
        return structs.replace(self.terms.get(code, Terms()), zone=self.zone)
