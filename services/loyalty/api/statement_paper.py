"""What a statement is printed from: the accounts, the programme's own names, the period; and the paper made of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from services.loyalty.api.balances import currencies_of
from services.loyalty.api.membership import Members
from services.loyalty.api.tier_record import load_standing
from services.loyalty.domain.ledger.having import having
from services.loyalty.domain.ledger.movements import Movement
from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.programme.terms import EARLIEST
from services.loyalty.domain.statements.lapsing import SOON, Lapse, lapsing
from services.loyalty.domain.statements.paper import Paper, Period, Progress, section
from services.loyalty.domain.tiers.history import history
from services.loyalty.domain.tiers.projection import projection
from shared.errors import Missing
from shared.http import Call
from shared.http.moments import Asked
from shared.privacy.revealing import reveal


class Printing(Struct, frozen=True):
    """One request for a statement: whose, of when, of which period, and what the programme calls things."""

    members: Members
    now: datetime
    period: Period
    zone: str
    programme: str
    currencies: Mapping[str, str]
    rules: Mapping[tuple[str, int], str]
    progress: Progress | None

    def named(self, rule: str, version: int) -> str:
        """Return a rule's name; "" where its programme gives it none."""
        return self.rules.get((rule, version), "")

    def lapses(self, currency: str) -> tuple[Lapse, ...]:
        """Return what of a currency's points lapses soon."""
        return lapsing(self.members.accounts, currency, self.now, self.now + SOON)

    def paper(self, moved: Sequence[Movement], currency: str | None) -> Paper:
        """Return the statement of one currency, or of all that the member can have."""
        codes = (
            [currency]
            if currency
            else currencies_of(having(self.members.accounts.values(), self.now), self.members.declared)
        )
        sections = tuple(
            section(
                self.currencies.get(code) or code,
                [item for item in moved if item.points_currency == code],
                self.period,
                self.lapses(code),
                self.named,
            )
            for code in codes
        )
        since, until = self.period
        # What lies before 1970 or after now holds no movement, and may be no moment of the zone's calendar.
        begins = min(since, self.now) if since and since > EARLIEST else None
        ends = max(min(until or self.now, self.now), begins or EARLIEST)
        return Paper(self.programme, str(self.members.root), begins, ends, self.now, self.zone, sections, self.progress)


async def printing_of(call: Call, members: Members, at: Asked, period: Period) -> Printing:
    """Return what a statement of these members is printed from."""
    promises = members.promises
    document = promises.at(at.now)
    return Printing(
        members,
        at.now,
        period,
        document.zone,
        document.name,
        {currency.code: currency.name for currency in document.currencies},
        _rules(promises.programme),
        await _progress(call, members, at),
    )


def _rules(programme: Programme) -> Mapping[tuple[str, int], str]:
    """Return the names of all rules that ever were, by id and version."""
    return {
        (rule.id, version.number): rule.name or rule.id
        for version in programme.versions
        for rule in version.document.earning.rules
    }


async def _progress(call: Call, members: Members, at: Asked) -> Progress | None:
    try:
        standing = await load_standing(call, members, at)
    except Missing:
        return None
    moves = history(standing.record, standing.tables, at.now)
    ahead = projection(standing.record, standing.tables, at.now)
    return Progress(ahead.tier, moves[-1].at if moves else None, ahead.next, ahead.keep)


async def revealed(call: Call, paper: Paper) -> Paper:
    """Return the paper with every sealed text opened, or told to be erased."""
    vault = call.kit.store.vault
    if vault is None:
        return paper
    return msgspec.json.decode(await reveal(vault, msgspec.json.encode(paper)), type=Paper)
