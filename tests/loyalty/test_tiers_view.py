"""The list of members by tier: each row is what was booked last, and merged members are one row."""

from typing import Any, cast
from uuid import UUID

from msgspec import structs

from services.loyalty.domain.tiers.events import TierChanged, TierKept
from services.loyalty.domain.tiers.walk import Reason
from services.loyalty.views.tiers import TIERS, TierRow
from shared.store.contract import Recorded
from tests.loyalty.loyalty_facts import ANNA, BERT, day

GOLD = TierChanged(ANNA, "club", "member", "gold", Reason.REACHED, day(1), "priority", 2, next_at=day(9))
ROW = TierRow(ANNA, "club", "gold", 2, "priority", "reached", day(1), day(9))


def project(row: TierRow | None, event: TierChanged | TierKept) -> TierRow | None:
    nothing = cast("Any", None)
    told = Recorded("loyalty", "enrolment", 1, 1, 0, str(ANNA), "x", 1, event, nothing, day(5), day(5), {})
    found: TierRow | None = TIERS.project(row, told)
    return found


def test_a_row_says_the_tier_since_when_and_why_and_until_when() -> None:
    assert project(None, GOLD) == ROW
    lost = TierChanged(ANNA, "club", "gold", "member", Reason.REVIEW, day(9), "standard", 0)
    assert project(ROW, lost) == TierRow(ANNA, "club", "member", 0, "standard", "review", day(9), None)


def test_a_tier_that_was_kept_only_moves_when_it_changes_next() -> None:
    assert project(ROW, TierKept(ANNA, "club", "gold", day(20))) == structs.replace(ROW, next_at=day(20))
    assert project(None, TierKept(ANNA, "club", "member", day(20))) is None


def combined(*rows: TierRow, root: UUID = BERT) -> list[TierRow]:
    assert TIERS.combine
    return [*TIERS.combine(rows, str(root))]


def test_merged_members_are_one_row_with_the_better_tier() -> None:
    lower = structs.replace(ROW, customer_id=BERT, tier="silver", rank=1, since=day(3))
    assert combined(lower, ROW) == combined(ROW, lower) == [structs.replace(ROW, customer_id=BERT)]
    assert combined() == []
