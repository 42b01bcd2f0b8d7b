"""What a command to an account is to the rules of abuse: an earning, a return, a redemption."""

from collections.abc import Sequence

from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.abuse.verdict import Finding
from services.loyalty.domain.abuse.watch import WATCH
from services.loyalty.domain.earning.judged import key_of
from services.loyalty.domain.ledger.commands import Command, Earn, Hold, ReverseEarning, Spend
from services.loyalty.domain.ledger.events import Event, PointsEarned, PointsReversed
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.lot import lot_id
from services.loyalty.domain.programme.document import Document
from services.loyalty.policies.referring import referral_findings
from services.loyalty.policies.watching import Watching, document_at, limits_of, look, look_back
from shared.policies.policy import Work
from shared.store.contract import Context

_MOVING = PointsEarned | PointsReversed

Watched = Earn | Judge | ReverseEarning | Spend | Hold
"""The commands at which limits look."""


def look_at(work: Work, watching: Watching, command: Command, events: Sequence[Event], context: Context) -> None:
    """Judge what a command did, in the same transaction; a repeat did nothing. Raises ActRefused as `look` does."""
    if not events or not watching.programme or not isinstance(command, Watched):
        return
    if isinstance(command, Spend | Hold):
        name = command.spend_id if isinstance(command, Spend) else command.hold_id
        look(work, watching, Act(Kind.REDEMPTION, name, command.now, command.points), context)
        return
    document = document_at(work, watching.programme)
    if document is None or document.abuse is None:
        return
    more: Sequence[Finding] = ()
    if isinstance(command, Judge):
        more = referral_findings(work, command.fact, command.customer_id, document.abuse)
    look_back(work, watching, _act(document, command, events), events, context, more)


class Looking:
    """Lets the limits of a programme look at what a policy did, and says what its next batch should read for them.

    Those who are one are looked at as one: what the others did must not change meanwhile.
    """

    def __init__(self) -> None:
        self._limited = False

    def look(
        self, work: Work, programme: str, who: str, command: Command, events: Sequence[Event], context: Context
    ) -> None:
        """Judge by a programme what a command did to a customer's account; see `look_at`."""
        self._limited = limits_of(work, programme) is not None
        if not (self._limited and events):
            return
        members = work.members(who)
        look_at(work, Watching(programme, who, members), command, events, context)
        for other in members:
            if other != who:
                work.guard(WATCH.stream(other), context)

    def streams(self, who: str) -> tuple[str, ...]:
        """Return what limits take, where there were some when they were asked last."""
        return (WATCH.stream(who),) if self._limited else ()


def _act(document: Document, command: Earn | Judge | ReverseEarning, events: Sequence[Event]) -> Act:
    points = _points(document, events)
    match command:
        case Earn():
            return Act(Kind.EARNING, lot_id(command.source, command.order_id), command.earned_at, points)
        case Judge():
            return Act(Kind.EARNING, key_of(command.fact), command.fact.occurred_at, points)
        case ReverseEarning():
            order = lot_id(command.source, command.order_id)
            name = f"{command.source}:{command.refund_id}"
            return Act(Kind.RETURN, name, command.refunded_at or command.now, points, order)


def _points(document: Document, events: Sequence[Event]) -> int:
    """Return how many points came, or went back, that can be spent: those that only qualify don't tempt anyone."""
    qualifying = {item.code for item in document.currencies if item.kind == "qualifying"}
    moved = [event for event in events if isinstance(event, _MOVING)]
    return sum(event.points for event in moved if event.points_currency not in qualifying)
