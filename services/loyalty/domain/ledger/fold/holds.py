"""What holds, captures and releases add to an account."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account, HoldMade, SpendMade
from services.loyalty.domain.ledger.events import HoldCaptured, HoldReleased, PointsHeld
from services.loyalty.domain.ledger.fold.adding import Lots, added, owing
from services.loyalty.domain.ledger.lot import Holding, Lot


def held(account: Account, event: PointsHeld) -> Account:
    """Return the account with the hold: its lots have so much less that is free, unless it is known to have ended."""
    whole = event.points if event.whole is None else event.whole
    known = account.holds.get(event.hold_id)
    ended = known is not None and known.ended
    made = (event.points, whole, event.reason, event.allocations, event.until, event.points_currency, ended)
    holds = {**account.holds, event.hold_id: HoldMade(*made)}
    account = structs.replace(account, holds=holds)
    return account if ended else structs.replace(account, kept=_kept(account, event))


def _kept(account: Account, event: PointsHeld) -> Lots:
    lots = dict(account.kept)
    for name, points in event.allocations.items():
        lot = lots.get(name) or Lot(name, points_currency=event.points_currency)
        holdings = (*lot.holdings, Holding(event.hold_id, points, event.until))
        lots[name] = structs.replace(lot, holdings=holdings)
    return lots


def captured(account: Account, event: HoldCaptured) -> Account:
    """Return the account with what was captured as a spend, and the rest back in its lots."""
    account = _ended(account, event)
    whole = event.points if event.whole is None else event.whole
    reason = account.holds[event.hold_id].reason
    spend = SpendMade(event.points, whole, reason, event.allocations, False, event.points_currency)
    lots = added(account.kept, event.points_currency, "spent", event.allocations)
    return structs.replace(account, kept=lots, spends={**account.spends, event.hold_id: spend})


def released(account: Account, event: HoldReleased) -> Account:
    """Return the account with all that was held back in its lots."""
    return _ended(account, event)


def _ended(account: Account, event: HoldCaptured | HoldReleased) -> Account:
    currency = event.points_currency
    hold = structs.replace(account.holds.get(event.hold_id) or HoldMade(event.points), ended=True)
    lots = added(added(account.kept, currency, "spent", event.repaid), currency, "lapsed", event.forfeited)
    for name in hold.allocations:
        holdings = tuple(item for item in lots[name].holdings if item.hold_id != event.hold_id)
        lots[name] = structs.replace(lots[name], holdings=holdings)
    debts = owing(account, currency, -sum(event.repaid.values()))
    return structs.replace(account, debts=debts, kept=lots, holds={**account.holds, event.hold_id: hold})
