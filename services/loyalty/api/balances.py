"""What can be spent, as routes answer it: of the main currency, and of each that there is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.having import NOTHING, Having, having


def balance_of(
    accounts: Mapping[str, Account], now: datetime, declared: Declared, currency: str | None = None
) -> dict[str, Any]:
    """Return what can be spent, now and later, and what is owed: of one currency (the main one), and of each."""
    have, frozen = having(accounts.values(), now), any(account.frozen for account in accounts.values())
    balances = {code: _balance(code, have.get(code, NOTHING), frozen=frozen) for code in currencies_of(have, declared)}
    asked = currency or declared.main
    return {
        **(balances.get(asked) or _balance(asked, NOTHING, frozen=frozen)),
        "balances": list(balances.values()),
    }


def _balance(code: str, have: Having, *, frozen: bool) -> dict[str, Any]:
    return {
        "currency": code,
        "balance": max(0, have.net),
        "debt": max(0, -have.net),
        "pending": have.pending - have.withheld,
        "held": have.held,
        "blocked": have.withheld + (max(0, have.net) if frozen else 0),
    }


def currencies_of(have: Mapping[str, Having], declared: Declared) -> list[str]:
    """Return the declared currencies, the main one first, then any that was declared once and is still held."""
    return list(dict.fromkeys((*declared.codes, *sorted(have))))
