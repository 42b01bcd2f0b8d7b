"""Adds what became of an account's facts, and what would have, to a tally."""

from collections import defaultdict

from services.loyalty.domain.earning.judged import Judged
from services.loyalty.domain.tiers.of_programme import tables_of
from services.loyalty.domain.what_if.alternative import Alternative
from services.loyalty.domain.what_if.moves import Moved, moved, record_of
from services.loyalty.domain.what_if.playing import Play
from services.loyalty.domain.what_if.side import Side
from services.loyalty.domain.what_if.tally import Affected, Calendar, Tally, Totals


class Adding:
    """Adds accounts up, one after the other."""

    def __init__(self, alternative: Alternative) -> None:
        self._asked = alternative.asked
        document = alternative.published.versions[-1].document
        self._calendar = Calendar(alternative.zone)
        self._tables, self._others = tables_of(alternative.published), alternative.tables()
        main = next(currency.code for currency in document.currencies if currency.kind == "spendable")
        self.tally = Tally(main, self._asked.members)

    def add(self, account: str, play: Play) -> None:
        """Add one account that was played to its end."""
        tally = self.tally
        tally.accounts += 1
        points: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        facts = 0
        for booked, judged in play.facts():
            facts += 1
            self._side(tally.real, play.real, play, booked, points, 0)
            self._side(tally.simulated, play.simulated, play, judged, points, 1)
        real, simulated = self._tiers(play)
        tally.real.move(real)
        tally.simulated.move(simulated)
        tally.facts += facts
        tally.members += facts > 0
        both = {currency: (found[0], found[1]) for currency, found in sorted(points.items())}
        tally.note(Affected(account, both, real.tier, simulated.tier))

    def _side(
        self,
        totals: Totals,
        side: Side,
        play: Play,
        judged: Judged,
        points: defaultdict[str, list[int]],
        place: int,
    ) -> None:
        key = judged.key
        stands = side.stands.get(key, {})
        totals.judge(judged, stands)
        for (_, currency), number in stands.items():
            points[currency][place] += number
        if side.changes.get(key):
            self._cells(totals, side, play, judged)

    def _cells(self, totals: Totals, side: Side, play: Play, judged: Judged) -> None:
        """Add the fact to its cohorts, by what had happened until the end of the period: its price once in each."""
        fact = judged.fact
        month = self._calendar.month(fact.occurred_at)
        sold = set()
        for at, currency, points in side.changes[judged.key]:
            if at >= self._asked.until:
                continue
            then = month if at == fact.occurred_at else self._calendar.month(at)
            cell = totals.cell((month, currency, fact.partner, fact.currency, then))
            if points < 0:
                cell.reversed -= points
                continue
            cell.issued += points
            if currency not in sold:
                sold.add(currency)
                cell.price += fact.amount - play.refunded(judged.key)

    def _tiers(self, play: Play) -> tuple[Moved, Moved]:
        if not self._tables and not self._others:
            return Moved(), Moved()
        record = record_of(play, play.real, self._tables)
        other = record_of(play, play.simulated, self._others)
        real = moved(record, self._tables, self._asked)
        if record == other and self._tables == self._others:
            return real, real
        return real, moved(other, self._others, self._asked)
