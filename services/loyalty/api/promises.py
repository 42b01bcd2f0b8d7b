"""What the programme promises, as commands and answers need it: its point currencies, terms and policies."""

from typing import Annotated, cast

from fastapi import Query

from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.currencies import Declared
from services.loyalty.domain.ledger.policies import Policies
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.settings import LoyaltySettings
from shared.errors import Invalid
from shared.http import Call

InCurrency = Annotated[str | None, Query(description="The point currency; the programme's main one by default.")]
"""A route's parameter: which of the member's currencies is meant."""


def declared_of(call: Call) -> Declared:
    """Return the point currencies that can be asked for."""
    return _settings(call).declared


def currency_of(call: Call, asked: str | None, field: str = "currency") -> str:
    """Return the currency that is asked for, or the main one.

    Raises Invalid, which names the field, where the programme declares no such currency.
    """
    declared = declared_of(call)
    if asked is not None and asked not in declared.codes:
        raise Invalid([(field, f"must be one of {', '.join(declared.codes)}")])
    return asked or declared.main


def programme_of(call: Call) -> str:
    """Return the id of the programme that members belong to; "" where there is none."""
    return _settings(call).programme


def terms_of(call: Call) -> Terms:
    """Return the terms that points are earned on from now on."""
    return _settings(call).terms


def policies_of(call: Call) -> Policies:
    """Return the programme's choices about debts, lapsed spends, gifts and adjustments."""
    return _settings(call).policies


async def rulebook_of(call: Call) -> Rulebook | None:
    """Return the rules of the published programme; None where the settings name none, or nothing of it is published."""
    named = _settings(call).programme
    loaded = await call.load(PROGRAMME, PROGRAMME.stream(named)) if named else None
    return Rulebook(loaded.state) if loaded and loaded.version else None


def _settings(call: Call) -> LoyaltySettings:
    return cast("LoyaltySettings", call.kit.own_settings)
