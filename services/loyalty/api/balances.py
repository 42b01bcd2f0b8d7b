"""What can be spent, as routes answer it: of the main currency, and of each that there is."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from services.loyalty.api.membership import Members
from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.having import NOTHING, Having, Havings, had, having, lasts_until, together
from shared.http import Call
from shared.http.kit import Kit
from shared.http.moments import Asked

KEPT = 5_000
"""Accounts of which a process keeps what they have; those that weren't asked for longest give way."""


class _Kept(Struct, frozen=True):
    """What an account, as it was then, has from `since` until before `until`."""

    account: Account
    havings: Havings
    since: datetime
    until: datetime


class KeptHavings:
    """What accounts have, each reckoned once for as long as neither an event nor the time changes it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def of(self, accounts: Mapping[str, Account], now: datetime) -> Havings:
        """Return what accounts, by name, have together at `now`."""
        return together(self._of(name, account, now) for name, account in accounts.items())

    def _of(self, name: str, account: Account, now: datetime) -> Havings:
        kept = self._kept.get(name)
        if kept is None or kept.account is not account or not kept.since <= now < kept.until:
            settled = account.settled()
            kept = self._kept[name] = _Kept(account, had(settled, now), now, lasts_until(settled, now))
        self._kept.move_to_end(name)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept.havings


def _kept_havings(_: Kit) -> KeptHavings:
    return KeptHavings()


def balance_shown(call: Call, members: Members, at: Asked) -> dict[str, Any]:
    """Return what members who are one can spend, as `balance_of` does."""
    if at.past:
        return balance_of(members.accounts, at.now, members.declared)
    havings = call.kit.kept(_kept_havings).of(members.loaded, at.now)
    return _balances(havings, members.declared, None, frozen=_frozen(members.loaded))


def balance_of(
    accounts: Mapping[str, Account], now: datetime, declared: Declared, currency: str | None = None
) -> dict[str, Any]:
    """Return what can be spent, now and later, and what is owed: of one currency (the main one), and of each."""
    return _balances(having(accounts.values(), now), declared, currency, frozen=_frozen(accounts))


def _frozen(accounts: Mapping[str, Account]) -> bool:
    return any(account.frozen for account in accounts.values())


def _balances(have: Havings, declared: Declared, currency: str | None, *, frozen: bool) -> dict[str, Any]:
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


def currencies_of(have: Havings, declared: Declared) -> list[str]:
    """Return the declared currencies, the main one first, then any that was declared once and is still held."""
    return list(dict.fromkeys((*declared.codes, *sorted(have))))
