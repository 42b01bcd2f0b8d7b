"""Sentences about rules and facts, and random rule sets that have no fault, for the tests of the rule language."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.loyalty.domain.rules.amounts import Amount, Fixed, PerAmount, PerItem, PerUnit, Share, Step, Steps
from services.loyalty.domain.rules.check import faults_of
from services.loyalty.domain.rules.compiled import compiled
from services.loyalty.domain.rules.conditions import (
    All,
    AnyOf,
    AtHours,
    Bought,
    Condition,
    FirstPurchase,
    HasAttribute,
    InDates,
    InMoney,
    InSegment,
    NearBirthday,
    Not,
    OfAmount,
    OfTier,
    OnWeekday,
    OverChannel,
    WithPartner,
)
from services.loyalty.domain.rules.counted import Counted, Lines
from services.loyalty.domain.rules.evaluate import effects
from services.loyalty.domain.rules.fact import Fact, Line, Member, Trigger, Value
from services.loyalty.domain.rules.fault import Known
from services.loyalty.domain.rules.language import (
    Add,
    Base,
    Cap,
    Effect,
    Group,
    Limit,
    Multiply,
    Pick,
    Rule,
    RuleSet,
    Stacking,
)
from services.loyalty.domain.rules.trace import Trace

KNOWN = Known(("points", "miles"), ("silver", "gold"), ("hotel",))
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=UTC)
ANYONE = Member()


def rule(identity: str, /, *those: Effect, **more: Any) -> Rule:
    return Rule(id=identity, on=more.pop("on", ("purchase",)), effects=those, **more)


def rules(*those: Rule, **more: Any) -> RuleSet:
    made = RuleSet(those, **more)
    assert faults_of(made, KNOWN) == []
    return made


def bought(amount: str = "0", *lines: Line, at: datetime = SATURDAY, **more: Any) -> Fact:
    """A purchase in EUR."""
    return Fact("purchase", "shop", more.pop("order", "o1"), at, Decimal(amount), "EUR", lines=lines, **more)


def line(category: str, amount: str, quantity: int = 1, product: str = "") -> Line:
    return Line(product, category, quantity, Decimal(amount))


def trace_of(
    made: RuleSet, fact: Fact, member: Member = ANYONE, zone: str = "UTC", used: Mapping[str, int] | None = None
) -> Trace:
    return effects(compiled(made, zone, 7), fact, member, used or {})


def given(trace: Trace) -> list[tuple[str, int, int]]:
    """Return (rule, desired, granted) of each effect."""
    return [(grant.rule, grant.desired, grant.granted) for grant in trace.grants]


# --- at random ---------------------------------------------------------------

CENTS = st.integers(0, 30000).map(lambda cents: Decimal(cents).scaleb(-2))
NAMES = st.sampled_from(["garden", "garden/tools", "books", "gift-cards"])
_CHOICES = st.lists(NAMES, max_size=1).map(tuple)
LINES = st.builds(Lines, st.just(()), _CHOICES, st.just(()), _CHOICES).filter(
    lambda lines: not set(lines.categories) & set(lines.except_categories)
)
COUNTED = st.builds(
    Counted, st.sampled_from(["included", "excluded"]), st.sampled_from(["included", "excluded"]), LINES
)
POINTS = st.integers(1, 300)
EACH = st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2), Decimal("7.77")])
STEPS = st.lists(st.tuples(CENTS, POINTS), min_size=1, max_size=3, unique_by=lambda item: item[0]).map(
    lambda pairs: tuple(
        Step(edge, points)
        for edge, points in zip(sorted(p[0] for p in pairs), sorted(p[1] for p in pairs), strict=True)
    )
)
GIVEN: st.SearchStrategy[Amount] = st.one_of(
    st.builds(PerAmount, POINTS, EACH, COUNTED),
    st.builds(Fixed, POINTS),
    st.builds(PerItem, POINTS, LINES),
    st.builds(PerUnit, st.just("nights"), POINTS, EACH),
    st.builds(Steps, STEPS, COUNTED),
)
CURRENCY = st.sampled_from(["points", "points", "miles"])
EFFECTS: st.SearchStrategy[Effect] = st.one_of(
    st.builds(Base, GIVEN, CURRENCY),
    st.builds(Multiply, st.sampled_from([Decimal(1), Decimal("1.25"), Decimal(3)]), CURRENCY),
    st.builds(Add, st.one_of(GIVEN, st.builds(Share, st.just(Decimal("0.3")))), CURRENCY),
    st.builds(Cap, st.integers(0, 400), CURRENCY),
)
_LEAVES: st.SearchStrategy[Condition] = st.one_of(
    st.builds(InSegment, st.just(("regular",))),
    st.builds(OfTier, st.just(("gold",))),
    st.builds(OverChannel, st.just(("web",))),
    st.builds(WithPartner, st.just(("hotel",))),
    st.builds(InMoney, st.just(("EUR",))),
    st.builds(Bought, LINES.filter(lambda lines: lines != Lines())),
    st.builds(OnWeekday, st.just(("sat", "sun"))),
    st.builds(AtHours, st.just("20:00"), st.just("03:30")),
    st.builds(InDates, st.just(date(2026, 3, 1)), st.just(date(2026, 4, 1))),
    st.builds(FirstPurchase),
    st.builds(NearBirthday, st.integers(0, 20)),
    st.builds(OfAmount, CENTS, st.none(), COUNTED),
    st.builds(OfAmount, st.none(), CENTS.filter(bool), COUNTED),
    st.builds(HasAttribute, st.just("nights"), st.just(()), st.just(Decimal(2))),
)
CONDITIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(All, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=4,
)
LIMITS = st.lists(
    st.builds(Limit, st.integers(0, 500), st.sampled_from(["day", "week", "month", "year"]), CURRENCY),
    max_size=2,
    unique_by=lambda limit: (limit.window, limit.points_currency),
).map(tuple)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Draw a rule set without faults."""
    those = [
        Rule(
            id=f"r{number}",
            on=("purchase", "survey") if draw(st.booleans()) else ("purchase",),
            effects=tuple(draw(st.lists(EFFECTS, min_size=1, max_size=3))),
            when=draw(st.none() | CONDITIONS),
            priority=draw(st.integers(0, 1)),
            groups=draw(st.sampled_from([(), (), ("g",)])),
            since=draw(st.sampled_from([None, None, date(2026, 3, 5)])),
            caps=draw(LIMITS),
            budgets=draw(LIMITS),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    groups = (Group("g", draw(st.sampled_from(["best", "first"]))),) if any(one.groups for one in those) else ()
    picks: st.SearchStrategy[Pick] = st.sampled_from(["all", "all", "best", "first"])
    made = RuleSet(tuple(those), Stacking(draw(picks), draw(picks), draw(picks)), groups, draw(LIMITS), draw(LIMITS))
    return _mended(made)


def _mended(made: RuleSet) -> RuleSet:
    """Leave out what contradicts: multipliers of nothing, and rules that another one always takes the place of."""
    while faults := faults_of(made, KNOWN):
        guilty = {fault.rule for fault in faults}
        kept = tuple(one for one in made.rules if one.id not in guilty)
        groups = made.groups if any(one.groups for one in kept) else ()
        made = RuleSet(kept, made.stacking, groups, made.caps, made.budgets)
    return made


_NIGHTS: st.SearchStrategy[Value] = st.sampled_from([1, 3, "2.5", "none", True])


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Draw a purchase or a survey, its lines within its amount."""
    lines = tuple(Line("p", draw(NAMES), draw(st.integers(1, 3)), draw(CENTS)) for _ in range(draw(st.integers(0, 3))))
    amount = draw(CENTS) + sum((item.amount for item in lines), Decimal(0))
    trigger: Trigger = draw(st.sampled_from(["purchase", "purchase", "purchase", "survey"]))
    return Fact(
        trigger,
        "shop",
        "o1",
        SATURDAY + timedelta(hours=draw(st.integers(-400, 400))),
        amount,
        "EUR",
        tax=(amount * draw(st.sampled_from([Decimal(0), Decimal("0.19")]))).quantize(Decimal("0.01")),
        paid_with_points=min(amount, draw(CENTS)) if draw(st.booleans()) else Decimal(0),
        lines=lines,
        channel=draw(st.sampled_from(["web", "store"])),
        partner=draw(st.sampled_from(["", "hotel"])),
        attributes={"nights": draw(_NIGHTS)},
    )


MEMBERS = st.builds(
    Member,
    st.sampled_from(["", "gold"]),
    st.sampled_from([frozenset(), frozenset({"regular"})]),
    st.integers(0, 1),
    st.just(None),
    st.sampled_from([frozenset(), frozenset({"marketing"})]),
    st.sampled_from([(), (3,), (0, 3)]),
)
