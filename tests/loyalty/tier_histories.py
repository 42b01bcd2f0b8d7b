"""Random tables, and random facts for them: earnings, what is taken back, grants."""

from datetime import timedelta
from itertools import accumulate

from hypothesis import strategies as st

from services.loyalty.domain.tiers.earnings import Earning, Reversal
from services.loyalty.domain.tiers.faults import faults, faults_after
from services.loyalty.domain.tiers.period import ALWAYS, Kind, Period
from services.loyalty.domain.tiers.record import Grant
from services.loyalty.domain.tiers.table import Landing, Requires, Tier, TierTable
from services.loyalty.domain.tiers.versions import InForce
from tests.loyalty.tier_facts import on

START = on("2023-12-20")
DAYS = 1000
NAMES = ("member", "silver", "gold", "platinum", "black")

PERIODS = st.sampled_from([*(Period(kind) for kind in Kind if kind is not Kind.ROLLING)]) | st.integers(1, 13).map(
    lambda months: Period(Kind.ROLLING, months)
)
DAY = st.integers(0, DAYS)


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    names = [NAMES[0], *sorted(draw(st.sets(st.sampled_from(NAMES[1:]), min_size=1)), key=NAMES.index)]
    thresholds = accumulate(draw(st.lists(st.sampled_from([1, 10, 30]), min_size=len(names), max_size=len(names))))
    events = accumulate(draw(st.lists(st.sampled_from([1, 2]), min_size=len(names), max_size=len(names))))
    return tuple(
        Tier(name, threshold if place else 0, often if place and draw(st.booleans()) else None)
        for place, (name, threshold, often) in enumerate(zip(names, thresholds, events, strict=True))
    )


@st.composite
def tables(draw: st.DrawFn, most: int = 3) -> list[InForce]:
    """Draw one to three versions that follow each other without a fault."""
    found: list[InForce] = []
    for since in sorted(draw(st.sets(DAY, max_size=most - 1)) | {-1}):
        table = draw(
            st.builds(
                TierTable,
                tiers(),
                st.just("miles"),
                PERIODS,
                st.sampled_from(Landing),
                st.sampled_from([0, 0, 0, 1, 3]),
                st.sampled_from([0, 0, 0, 5]),
                st.sampled_from(Requires),
            ).filter(lambda table: not faults(table, ["miles"]))
        )
        if not found or not faults_after(found[-1].table, table):
            found.append(InForce(table, ALWAYS if since < 0 else START + timedelta(days=since)))
    return found


@st.composite
def earning(draw: st.DrawFn, *, reversible: bool = True) -> Earning:
    at = START + timedelta(days=draw(DAY), hours=draw(st.sampled_from([0, 9, 12])))
    points = draw(st.sampled_from([0, 1, 5, 10, 29, 30, 60]))
    taken = draw(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 30)), max_size=2)) if reversible else []
    back = tuple(
        Reversal(str(place), at + timedelta(days=later), less) for place, (later, less) in enumerate(sorted(taken))
    )
    return Earning("", at, points, draw(st.sampled_from([0, 1, 1, 2])), back)


def earnings(*, reversible: bool = True, least: int = 0) -> st.SearchStrategy[list[Earning]]:
    return st.lists(earning(reversible=reversible), min_size=least, max_size=10).map(
        lambda found: [Earning(f"e{n}", e.at, e.points, e.events, e.reversals) for n, e in enumerate(found)]
    )


GRANTS = st.lists(
    st.builds(
        lambda name, day, length: Grant(
            f"{name}{day}", name, START + timedelta(days=day), START + timedelta(days=day + length)
        ),
        st.sampled_from(NAMES),
        DAY,
        st.integers(1, 400),
    ),
    max_size=2,
)
MOMENTS = st.integers(0, 24 * (DAYS + 800)).map(lambda hours: START + timedelta(hours=hours, minutes=30))
