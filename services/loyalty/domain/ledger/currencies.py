"""Which point currencies there are: those that can be spent, and those that only qualify for a tier."""

from msgspec import Struct

from shared.errors import Rejected

CODE = "^[a-z][a-z0-9-]{0,31}$"
"""How a currency is named."""

POINTS = "points"
"""The currency of everything that names none: all that was earned before there were several."""


class Declared(Struct, frozen=True):
    """The point currencies that a programme declares, by their codes; the first spendable one is the main one.

    Points of a qualifying currency are earned, taken back and lapse like any
    others; they can't be spent, held or given away.
    """

    spendable: tuple[str, ...] = (POINTS,)
    qualifying: tuple[str, ...] = ()

    @property
    def main(self) -> str:
        """The currency that is meant where a request names none."""
        return self.spendable[0]

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, the main one first."""
        return (*self.spendable, *self.qualifying)

    def must_know(self, code: str) -> None:
        """Refuse a currency that isn't declared."""
        if code not in self.spendable and code not in self.qualifying:
            raise Rejected("currency-unknown", f"There is no point currency {code}: {', '.join(self.codes)}.")

    def must_be_spendable(self, code: str) -> None:
        """Refuse a currency that isn't declared, and one that only qualifies."""
        self.must_know(code)
        if code not in self.spendable:
            raise Rejected("currency-not-spendable", f"{code} only qualify for a tier: they can't be spent or given.")


PLAIN = Declared()
"""One currency, points."""
