"""What can be spent, as routes answer it: of the main currency, and of each that there is."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.together import net


def balance_of(
    accounts: Mapping[str, Account], now: datetime, declared: Declared, currency: str | None = None
) -> dict[str, Any]:
    """Return what can be spent, now and later, and what is owed: of one currency (the main one), and of each."""
    told = {owner: account.settled() for owner, account in accounts.items()}
    return {
        **_balance(told, now, currency or declared.main),
        "balances": [_balance(told, now, code) for code in currencies_of(told.values(), declared)],
    }


def _balance(accounts: Mapping[str, Account], now: datetime, currency: str) -> dict[str, Any]:
    together = net(accounts, now, currency)
    pending = sum(account.pending(now, currency) for account in accounts.values())
    held = sum(account.held(now, currency) for account in accounts.values())
    return {
        "currency": currency,
        "balance": max(0, together),
        "debt": max(0, -together),
        "pending": pending,
        "held": held,
        "blocked": max(0, together) if any(account.frozen for account in accounts.values()) else 0,
    }


def currencies_of(accounts: Iterable[Account], declared: Declared) -> list[str]:
    """Return the declared currencies, the main one first, then any that was declared once and is still held."""
    held = sorted({lot.points_currency for account in accounts for lot in account.lots.values()})
    return list(dict.fromkeys((*declared.codes, *held)))
