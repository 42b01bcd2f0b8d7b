"""What can be asked of an account. `now` is when it is asked: by it, points have activated or expired.

`declared` are the point currencies of the programme; a command about points of another is refused.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.earning.judging import MemberAt
from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.ledger.account import Waiting
from services.loyalty.domain.ledger.currencies import PLAIN, POINTS, Declared
from services.loyalty.domain.ledger.events import PassedOn
from services.loyalty.domain.ledger.judge import Judge
from services.loyalty.domain.ledger.judge_again import JudgeAgain
from services.loyalty.domain.ledger.lot import UnitCost
from services.loyalty.domain.ledger.policies import AdjustmentPolicy, DebtPolicy, LapsePolicy, TransferPolicy
from services.loyalty.domain.ledger.withheld import Clear, Deny, Withhold
from services.loyalty.domain.programme.terms import Terms
from shared.privacy.personal import Personal


class Enrol(Struct, frozen=True):
    """Let the customer collect points, in the programme that they choose ("": none, so in the `usual` one)."""

    customer_id: UUID
    enrolled_at: datetime | None = None
    programme: str = ""
    usual: str = ""


class Earn(Struct, frozen=True):
    """Give the points that an order earns, once for each (source, order).

    `waiting` are refunds of it that came before it and wait in the accounts of merged members.
    """

    customer_id: UUID
    source: str
    order_id: str
    net: Decimal
    currency: str
    earned_at: datetime
    now: datetime
    terms: Terms = Terms()
    waiting: tuple[Waiting, ...] = ()
    points_currency: str = POINTS
    declared: Declared = PLAIN
    debt: DebtPolicy = "owe"
    line: str = ""
    partner: str = ""
    unit_cost: UnitCost | None = None


class ReverseEarning(Struct, frozen=True):
    """Take back what `amount` of an order had earned, once for each refund id; the last three as in `Judge`."""

    customer_id: UUID
    source: str
    order_id: str
    refund_id: str
    amount: Decimal
    now: datetime
    refunded_at: datetime | None = None
    debt: DebtPolicy = "owe"
    rulebook: Rulebook | None = None
    member_at: MemberAt | None = None
    budgets: dict[str, int] = {}


class Spend(Struct, frozen=True):
    """Spend points, once for each spend id; with `whole`, the account's part of a spend that merged members share."""

    customer_id: UUID
    spend_id: str
    points: int
    reason: Personal
    now: datetime
    whole: int | None = None
    points_currency: str = POINTS
    declared: Declared = PLAIN


class ReverseSpend(Struct, frozen=True):
    """Take a spend back, whole; `lapse` says what becomes of it where its lots have lapsed."""

    customer_id: UUID
    spend_id: str
    now: datetime
    lapse: LapsePolicy = LapsePolicy()


class Hold(Struct, frozen=True):
    """Keep points until before `until` (None: without limit), once for each hold id; `whole` as in a spend."""

    customer_id: UUID
    hold_id: str
    points: int
    reason: Personal
    now: datetime
    until: datetime | None = None
    whole: int | None = None
    points_currency: str = POINTS
    declared: Declared = PLAIN


class Capture(Struct, frozen=True):
    """Spend what is held, or `points` of it, and let the rest go."""

    customer_id: UUID
    hold_id: str
    now: datetime
    points: int | None = None
    whole: int | None = None


class Release(Struct, frozen=True):
    """Let go what is held."""

    customer_id: UUID
    hold_id: str
    now: datetime


class Activate(Struct, frozen=True):
    """Let `points` of a lot that waits for an action (None: all) be spent: the action came at `acted_at`."""

    customer_id: UUID
    activation_id: str
    lot_id: str
    acted_at: datetime
    now: datetime
    points: int | None = None


class CancelPending(Struct, frozen=True):
    """Take back `points` of a lot that waits for an action (None: all): it won't come."""

    customer_id: UUID
    cancellation_id: str
    lot_id: str
    reason: Personal
    now: datetime
    points: int | None = None


class Give(Struct, frozen=True):
    """Give points to another member, once for each transfer id; `whole` as in a spend."""

    customer_id: UUID
    to: UUID
    transfer_id: str
    points: int
    reason: Personal
    now: datetime
    whole: int | None = None
    points_currency: str = POINTS
    declared: Declared = PLAIN
    policy: TransferPolicy = TransferPolicy()


class Receive(Struct, frozen=True):
    """Take in what another member gave."""

    customer_id: UUID
    giver: UUID
    transfer_id: str
    lots: tuple[PassedOn, ...]
    now: datetime
    points_currency: str = POINTS


class Adjust(Struct, frozen=True):
    """Give (> 0) or take (< 0) points by hand, once for each adjustment id; what is given lives on `terms`."""

    customer_id: UUID
    adjustment_id: str
    points: int
    reason: Personal
    actor: str
    now: datetime
    terms: Terms = Terms()
    points_currency: str = POINTS
    declared: Declared = PLAIN
    policy: AdjustmentPolicy = AdjustmentPolicy()


class ConfirmAdjustment(Struct, frozen=True):
    """Confirm, as a second person, what somebody else proposed; what is given lives on the `terms` of its currency."""

    customer_id: UUID
    adjustment_id: str
    actor: str
    now: datetime
    terms: dict[str, Terms] = {}


class RefuseAdjustment(Struct, frozen=True):
    """Refuse what was proposed."""

    customer_id: UUID
    adjustment_id: str
    reason: Personal
    actor: str
    now: datetime


class Freeze(Struct, frozen=True):
    """Let nothing leave the account until it is unfrozen."""

    customer_id: UUID
    reason: Personal
    actor: str
    now: datetime


class Unfreeze(Struct, frozen=True):
    """Let points leave the account again."""

    customer_id: UUID
    reason: Personal
    actor: str
    now: datetime


class Close(Struct, frozen=True):
    """Close the account for good."""

    customer_id: UUID
    reason: Personal
    actor: str
    now: datetime


class NoteActivity(Struct, frozen=True):
    """Note that the member was active: points that live by activity are renewed."""

    customer_id: UUID
    active_at: datetime
    now: datetime


class SuspendExpiry(Struct, frozen=True):
    """Exempt the member from expiry from a moment on, until it is resumed."""

    customer_id: UUID
    since: datetime
    reason: Personal
    now: datetime


class ResumeExpiry(Struct, frozen=True):
    """End the member's exemption: what would have lapsed meanwhile lapses at `until`."""

    customer_id: UUID
    until: datetime
    now: datetime


class Book(Struct, frozen=True):
    """Book what the earliest moment brought that is not booked yet: points activated, or expired."""

    now: datetime


Command = (
    Enrol
    | Earn
    | Judge
    | JudgeAgain
    | ReverseEarning
    | Spend
    | ReverseSpend
    | Hold
    | Capture
    | Release
    | Activate
    | CancelPending
    | Withhold
    | Clear
    | Deny
    | Give
    | Receive
    | Adjust
    | ConfirmAdjustment
    | RefuseAdjustment
    | Freeze
    | Unfreeze
    | Close
    | NoteActivity
    | SuspendExpiry
    | ResumeExpiry
    | Book
)
