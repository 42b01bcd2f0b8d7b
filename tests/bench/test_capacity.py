"""A capacity is the highest rate that is answered in time, and no rate that isn't."""

import pytest

from bench.soak.capacity import TooSlow, highest, quick


@pytest.mark.parametrize(("limit", "found"), [(700.0, 600.0), (600.0, 600.0), (599.0, 540.0), (60.0, 60.0)], ids=str)
async def test_the_first_tenth_that_holds_is_the_capacity(limit: float, found: float) -> None:
    async def holds(rate: float) -> bool:
        return round(rate) <= limit

    assert await highest(600.0, holds) == pytest.approx(found)


async def test_a_stack_that_answers_nothing_in_time_has_no_capacity() -> None:
    async def holds(rate: float) -> bool:
        return rate < 0

    with pytest.raises(TooSlow, match="not even 60 operations/s"):
        await highest(600.0, holds)


def test_one_slow_kind_of_operation_is_too_slow() -> None:
    assert quick({"command": [0.02] * 100, "list": [0.09] * 100})
    assert not quick({"command": [0.02] * 100, "list": [0.09] * 90 + [0.2] * 10})
