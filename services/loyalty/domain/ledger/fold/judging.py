"""What a judged fact adds to an account: the judgement; its points come and go with the events that follow."""

from msgspec import structs

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.events import FactJudged


def judged(account: Account, event: FactJudged) -> Account:
    """Return the account with the judgement, instead of any that it had of the fact; a refund waits no longer."""
    key = event.judged.key
    new = {
        "customer_id": event.customer_id,
        "earnings": account.earnings.having(event.judged),
        "standing": {**account.standing, key: event.stands},
    }
    if event.refund_id:
        new["refunds"] = {**account.refunds, f"{event.judged.fact.source}:{event.refund_id}": event.amount}
    if key in account.waiting:
        waiting = tuple(one for one in account.waiting[key] if one.refund_id != event.refund_id)
        new["waiting"] = {**account.waiting, key: waiting}
    return structs.replace(account, **new)
