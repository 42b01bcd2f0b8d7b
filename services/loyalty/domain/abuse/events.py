"""What is known of a member's conduct: each act that limits look at, each decision about it, and each block."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.loyalty.domain.abuse.acts import Kind
from services.loyalty.domain.abuse.verdict import Finding, Outcome
from shared.privacy.personal import Personal


class ActJudged(Struct, frozen=True, omit_defaults=True):
    """An act was looked at: `findings` say what is wrong with it, the severest first; none: nothing is.

    What was refused, or asked for a proof, took no effect and is told here all the same. What had happened before
    anyone could look has taken effect, whatever the outcome; the points of `lots` are withheld. `of` as in `Act`.
    """

    customer_id: UUID
    kind: Kind
    act_id: str
    at: datetime
    points: int = 0
    of: str = ""
    outcome: Outcome = Outcome.ALLOW
    findings: tuple[Finding, ...] = ()
    effective: bool = True
    lots: tuple[str, ...] = ()


class SuspicionReviewed(Struct, frozen=True):
    """Someone of the staff has looked at a suspicion: it is `cleared`, or confirmed."""

    customer_id: UUID
    kind: Kind
    act_id: str
    cleared: bool
    reason: Personal
    actor: str


class MemberBlocked(Struct, frozen=True, omit_defaults=True):
    """Nothing leaves the member's account any more; `froze` are those accounts that the block has frozen.

    `rule` is the rule that blocked ("": someone did).
    """

    customer_id: UUID
    reason: Personal
    actor: str
    rule: str = ""
    froze: tuple[UUID, ...] = ()


class MemberUnblocked(Struct, frozen=True):
    """The block is lifted."""

    customer_id: UUID
    reason: Personal
    actor: str


Event = ActJudged | SuspicionReviewed | MemberBlocked | MemberUnblocked
