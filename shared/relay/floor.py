"""The floor: up to which position nothing can wait any more, so that no look begins among the rows that are gone."""

from collections.abc import Collection


class Floor:
    """What one leader knows of the outbox's beginning.

    Rows that were taken stay in the table and in its index for as long as any
    transaction has a snapshot from before, and each look from the beginning
    meets all of them. Beginning behind the last row taken would lose events:
    positions commit out of order.

    Yet a transaction has its number before it draws a position: it takes the
    stream first. Whoever drew a position below a row that was seen had a lower
    number than the one who saw it got then. Once all of these have ended, a
    look sees whatever they left; behind what that look has taken is the floor.
    """

    def __init__(self) -> None:
        self.position = 0
        """Nothing at or below it waits, nor ever will."""
        self._highest = 0
        self._bound: int | None = None

    def looked(self, taken: Collection[int], *, full: bool, number: int, oldest: int) -> None:
        """Learn from a look that took, in order, what it saw above the floor.

        `full`: it may have left some. `number`: that of its transaction.
        `oldest`: the lowest number that hadn't ended when it looked.
        """
        last = max(taken, default=0)
        if self._bound is not None and oldest >= self._bound:
            self.position = min(self._highest, last) if full else self._highest
            self._bound = None
        if taken and self._bound is None:
            self._highest, self._bound = max(self._highest, last), number
