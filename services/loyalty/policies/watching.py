"""A member did something that a limit looks at: judge it, in the transaction in which it takes effect or doesn't.

What is about to happen can be refused: then nothing of it stays, and whoever asked tells of it afterwards.
What has happened can't: it takes effect, and the points that it earned are withheld.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.abuse.acts import Act, Kind
from services.loyalty.domain.abuse.events import ActJudged
from services.loyalty.domain.abuse.judge import judge
from services.loyalty.domain.abuse.limits import Limits
from services.loyalty.domain.abuse.proof import NO_PROOF, Proof
from services.loyalty.domain.abuse.verdict import Finding, Outcome, Verdict
from services.loyalty.domain.abuse.verdict import verdict as verdict_of
from services.loyalty.domain.abuse.watch import WATCH, Block, NoteAct, past_of
from services.loyalty.domain.ledger.commands import Freeze
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.events import Event, PointsEarned
from services.loyalty.domain.ledger.withheld import Withhold
from services.loyalty.domain.programme.decider import PROGRAMME
from services.loyalty.domain.programme.document import Document
from shared.errors import Rejected, Unproven
from shared.policies.policy import Work
from shared.store.contract import Context

BY_RULE = "rule"
"""The actor of what no person decided."""


class Watching(Struct, frozen=True):
    """Who acts: a customer, the ids of all who are one with them, their programme, and how they proved who they are."""

    programme: str
    customer_id: str
    members: tuple[str, ...]
    proof: Proof = NO_PROOF

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams beside the accounts that judging takes; none where members have no programme."""
        if not self.programme:
            return ()
        return (PROGRAMME.stream(self.programme), *map(WATCH.stream, self.members))


class ActRefused(Rejected):
    """A limit said no. `judged` is to be told in the log, and `answer` to whoever asked."""

    def __init__(self, watching: Watching, judged: ActJudged, answer: Rejected) -> None:
        super().__init__(answer.code, answer.detail)
        self.watching, self.judged, self.answer = watching, judged, answer
        self.status = answer.status


def document_at(work: Work, programme: str) -> Document | None:
    """Return the programme's document that counts now; None where there is none."""
    version = work.state(PROGRAMME, PROGRAMME.stream(programme)).version_at(work.now) if programme else None
    return version.document if version else None


def limits_of(work: Work, programme: str) -> Limits | None:
    """Return the limits that count now; None where there are none."""
    document = document_at(work, programme)
    return document.abuse if document else None


def look(work: Work, watching: Watching, act: Act, context: Context) -> None:
    """Judge what a member is about to do. Raises ActRefused where it must not take effect as it is."""
    verdict = _verdict(work, watching, act)
    if verdict is None:
        return
    judged = _judged(watching, act, verdict)
    if not verdict.takes_effect:
        raise ActRefused(watching, judged, _answer(work, watching, verdict))
    _note(work, watching, judged, context)


def look_back(
    work: Work,
    watching: Watching,
    act: Act,
    events: Sequence[Event],
    context: Context,
    more: Sequence[Finding] = (),
) -> None:
    """Judge what has happened: a suspicious earning's points are withheld, and nothing is refused.

    `more` is what others have found about it.
    """
    verdict = _verdict(work, watching, act, more)
    if verdict is None:
        return
    lots: tuple[str, ...] = ()
    if verdict.findings and act.kind is Kind.EARNING:
        lots = _withhold(work, watching, act, verdict, events, context)
    judged = _judged(watching, act, verdict, lots=lots, effective=True)
    _note(work, watching, judged, context)
    if verdict.outcome is Outcome.BLOCK:
        block(work, watching, judged, context)


def block(work: Work, watching: Watching, judged: ActJudged, context: Context) -> None:
    """Block the member, and freeze the accounts of all who are one with them."""
    finding = judged.findings[0]
    frozen = freeze(work, watching.members, finding.says, BY_RULE, context)
    command = Block(UUID(watching.customer_id), finding.says, BY_RULE, finding.rule, frozen)
    stream = WATCH.stream(watching.customer_id)
    work.handle(WATCH, stream, command, subject=watching.customer_id, context=context)


def freeze(work: Work, members: Sequence[str], reason: str, actor: str, context: Context) -> tuple[UUID, ...]:
    """Freeze those of the accounts that are open; return whose they are."""
    frozen = []
    for member in members:
        account = work.state(ACCOUNT, ACCOUNT.stream(member))
        if account.customer_id is not None and not account.closed and not account.frozen:
            command = Freeze(UUID(member), reason, actor, work.now)
            work.handle(ACCOUNT, ACCOUNT.stream(member), command, subject=member, context=context)
            frozen.append(UUID(member))
    return tuple(frozen)


def refused(work: Work, told: ActRefused, context: Context) -> None:
    """Tell in the log what was refused, and block where that was the verdict."""
    _note(work, told.watching, told.judged, context)
    blocks = told.judged.outcome is Outcome.BLOCK and told.judged.findings[0].rule != "blocked"
    if blocks:
        block(work, told.watching, told.judged, context)


def _verdict(work: Work, watching: Watching, act: Act, more: Sequence[Finding] = ()) -> Verdict | None:
    limits = limits_of(work, watching.programme)
    if limits is None or not (limits.looks_at(act.kind) or more):
        return None
    watches = [work.state(WATCH, WATCH.stream(member)) for member in watching.members]
    since = _since(work, watching) if act.kind is Kind.TRANSFER else None  # nothing else asks for it
    proved = watching.proof.proved_at(limits.step_up, work.now) if limits.step_up else None
    found = judge(act, past_of(watches, since, proved), limits)
    return verdict_of([*found.findings, *more])


def _since(work: Work, watching: Watching) -> datetime | None:
    """Return since when they are members: who came by an order, since that."""
    accounts = [work.state(ACCOUNT, ACCOUNT.stream(member)) for member in watching.members]
    enrolled = [account.enrolled_at for account in accounts if account.enrolled_at]
    earned = [lot.earned_at for account in accounts for lot in account.kept.values() if lot.points and not lot.origin]
    return min((*enrolled, *earned), default=None)


def _judged(
    watching: Watching, act: Act, verdict: Verdict, lots: tuple[str, ...] = (), *, effective: bool | None = None
) -> ActJudged:
    happens = verdict.takes_effect if effective is None else effective
    told = (act.kind, act.act_id, act.at, act.points, act.of, verdict.outcome, verdict.findings, happens, lots)
    return ActJudged(UUID(watching.customer_id), *told)


def _answer(work: Work, watching: Watching, verdict: Verdict) -> Rejected:
    limits, says = limits_of(work, watching.programme), " ".join(finding.says for finding in verdict.findings)
    if verdict.outcome is Outcome.STEP_UP and limits and limits.step_up:
        asked = limits.step_up
        return Unproven("second-factor-needed", says, asked.acr_values, asked.proof_minutes * 60)
    if verdict.outcome is Outcome.BLOCK:
        return Rejected("member-blocked", "The account is blocked: ask who runs the programme.")
    return Rejected("limit-exceeded", says)


def _note(work: Work, watching: Watching, judged: ActJudged, context: Context) -> None:
    stream = WATCH.stream(watching.customer_id)
    work.handle(WATCH, stream, NoteAct(judged), subject=watching.customer_id, context=context)


def _withhold(
    work: Work, watching: Watching, act: Act, verdict: Verdict, events: Sequence[Event], context: Context
) -> tuple[str, ...]:
    """Withhold the lots of an earning; what would have been refused isn't freed by time alone."""
    limits = limits_of(work, watching.programme)
    hours = limits.withholding.hours if limits and verdict.outcome is Outcome.SUSPECT else None
    until = None if hours is None else act.at + timedelta(hours=hours)
    withheld = []
    for event in events:
        if isinstance(event, PointsEarned) and f"{event.source}:{event.order_id}" == act.act_id:
            stream, owner = ACCOUNT.stream(event.customer_id), str(event.customer_id)
            command = Withhold(event.customer_id, event.lot_id, work.now, until)
            if work.handle(ACCOUNT, stream, command, subject=owner, context=context):
                withheld.append(event.lot_id)
    return tuple(withheld)
