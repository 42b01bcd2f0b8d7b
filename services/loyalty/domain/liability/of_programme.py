"""What a programme's document assumes of its points, as the liability asks for it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.loyalty.domain.liability.assumptions import Assumptions
from services.loyalty.domain.liability.cohort import month_after
from services.loyalty.domain.liability.liability import Assumed
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.points_currency import USUAL_WORTH
from services.loyalty.domain.programme.promises import Promises
from services.loyalty.domain.programme.terms import Terms

_LONGEST_MONTH, _SHORTEST_MONTH = 31, 28


def assumptions_of(document: Document, code: str) -> Assumptions:
    """Return what is assumed of a currency's points: of one that the document doesn't declare, as of its main one.

    Points that only qualify are worth nothing.
    """
    declared = document.currency(code) or document.main
    ages = months_until_lapse(document.terms_of(declared.code))
    if declared.kind == "qualifying":
        return Assumptions(Decimal(0), declared.expected_redemption, ages)
    worth = declared.value.amount if declared.value else USUAL_WORTH
    values = {value.currency: value.amount for value in declared.also_worth}
    return Assumptions(worth, declared.expected_redemption, ages, values)


def months_until_lapse(terms: Terms) -> int | None:
    """Return after how many months from that of their issue the last points lapse; None: nothing says so.

    A wait for an action isn't counted, as nobody knows how long it takes, and
    neither is what remains of the last month.
    """
    if terms.valid_months is None and terms.valid_days is None and terms.ends_on is None:
        return None
    months = (terms.valid_months or 0) + _months(terms.pending_days, _LONGEST_MONTH)
    months += _months((terms.valid_days or 0) + terms.grace_days, _SHORTEST_MONTH)
    return months + (12 if terms.ends_on else 0)


def _months(days: int, length: int) -> int:
    return (days + length - 1) // length


def document_in(promises: Promises, month: date, zone: str) -> Document:
    """Return the document by which points of a month are valued: that which counted as the month began.

    In the month in which a programme begins, and before any of its versions counts, it is the first.
    """
    begins, ends = (datetime(day.year, day.month, 1, tzinfo=ZoneInfo(zone)) for day in (month, month_after(month, 1)))
    versions = promises.programme.versions
    first = min(versions, key=lambda version: version.effective_from, default=None)
    if first is not None and begins < first.effective_from < ends:
        return first.document
    return promises.at(begins)


def assumed_by(promised: Sequence[Promises], zone: str) -> Assumed:
    """Return what is assumed of each currency's points in each month: by the first programme that declares it then."""

    def assumed(code: str, month: date) -> Assumptions:
        documents = [document_in(promises, month, zone) for promises in promised]
        declaring = (document for document in documents if document.currency(code) is not None)
        return assumptions_of(next(declaring, documents[0]), code)

    return assumed
