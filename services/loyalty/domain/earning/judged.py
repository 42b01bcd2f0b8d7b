"""A fact that was judged: what it earned, by which version, for whom, and what is left of that after returns."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct, structs

from services.loyalty.domain.earning.rulebook import Rulebook
from services.loyalty.domain.rules.evaluate import effects
from services.loyalty.domain.rules.fact import NOTHING, Fact, Member
from services.loyalty.domain.rules.trace import Trace


class Return(Struct, frozen=True, order=True, gc=False):
    """So much of a fact's amount was paid back at a moment."""

    at: datetime
    amount: Decimal


class Judged(Struct, frozen=True, omit_defaults=True, gc=False):
    """`trace` is what the whole fact earned, `reduced` what is left of that after `returned` was paid back.

    Both are reckoned with the same version, member and allowance of the limits.
    `returns` are the parts of `returned`, by when they were paid back; of what isn't
    among them nobody knows, so that it counts from the beginning.
    """

    fact: Fact
    member: Member
    trace: Trace
    returned: Decimal = NOTHING
    reduced: Trace | None = None
    returns: tuple[Return, ...] = ()

    @property
    def left(self) -> Trace:
        """What the fact earns now."""
        return self.trace if self.reduced is None else self.reduced

    @property
    def key(self) -> str:
        """The fact's name for ever."""
        return key_of(self.fact)

    @property
    def place(self) -> tuple[datetime, str]:
        """Where it stands among a member's facts: by when it happened, and of one moment by name."""
        return (self.fact.occurred_at, self.key)


def key_of(fact: Fact) -> str:
    """Return a fact's name: `<source>:<event>`."""
    return f"{fact.source}:{fact.event_id}"


def after_return(judged: Judged, returned: Decimal, rulebook: Rulebook) -> Judged:
    """Return the judgement with so much of the amount paid back in all.

    A return frees nothing of what limits had given: what is judged later stays as it is.
    """
    if not judged.trace.version or not returned:
        return structs.replace(judged, returned=returned, reduced=None)
    fact = structs.replace(judged.fact, returned=returned)
    reduced = effects(rulebook.numbered(judged.trace.version), fact, judged.member, judged.trace.used)
    return structs.replace(judged, returned=returned, reduced=reduced)


def left_before(judged: Judged, moment: datetime, rulebook: Rulebook) -> Trace:
    """Return what was left of a fact just before a moment: what was paid back then or later hadn't been yet."""
    later = sum((one.amount for one in judged.returns if one.at >= moment), NOTHING)
    return after_return(judged, judged.returned - later, rulebook).left if later else judged.left
