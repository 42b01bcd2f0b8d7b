"""What an account must say, told as plainly as it can be: sums, with no word of lots."""

from dataclasses import dataclass, field
from decimal import Decimal


def points(amount: Decimal) -> int:
    """One point for each whole unit."""
    return int(amount)


@dataclass
class Order:
    """An order and its refunds, which may come first and then wait."""

    amount: Decimal | None = None
    left: Decimal = Decimal(0)
    refunds: dict[str, Decimal] = field(default_factory=dict)
    waiting: list[Decimal] = field(default_factory=list)

    def record(self, amount: Decimal) -> tuple[int, list[int | None]]:
        """Return the status, and the points of each event; None for a refund that waited and doesn't fit."""
        if self.amount is not None:
            return (200 if self.amount == amount else 409), []
        self.amount = self.left = amount
        moves: list[int | None] = [points(amount)]
        moves += [self._take_back(refund) if refund <= self.left else None for refund in self.waiting]
        self.waiting = []
        return 201, moves

    def refund(self, name: str, amount: Decimal) -> tuple[int, list[int | None]]:
        """Return the same; the one event of a refund that has to wait is None."""
        if name in self.refunds:
            return (200 if self.refunds[name] == amount else 409), []
        if self.amount is not None and amount > self.left:
            return 409, []
        self.refunds[name] = amount
        if self.amount is None:
            self.waiting.append(amount)
            return 201, [None]
        return 201, [self._take_back(amount)]

    def _take_back(self, amount: Decimal) -> int:
        before, self.left = self.left, self.left - amount
        return points(self.left) - points(before)


@dataclass
class Account:
    """One member's points: `net` is what can be spent, or what is owed where it is negative."""

    version: int = 1
    net: int = 0
    earned: int = 0
    orders: dict[str, Order] = field(default_factory=dict)
    spends: dict[str, tuple[int, str]] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    token: str | None = None

    @property
    def shown(self) -> tuple[int, int]:
        """Balance and debt."""
        return max(0, self.net), max(0, -self.net)

    def book(self, moves: list[int | None], *, waits_count: bool) -> None:
        """Take the points of events; `waits_count`: what moves no points is an event here, too."""
        self.version += len([move for move in moves if move is not None or waits_count])
        self.net += sum(move or 0 for move in moves)

    def spend(self, name: str, asked: int, reason: str) -> int:
        """Return the status."""
        if name in self.spends:
            return 200 if self.spends[name] == (asked, reason) else 409
        if asked > self.net:
            return 409
        self.spends[name] = (asked, reason)
        self.net -= asked
        self.version += 1
        return 201

    def take_back(self, name: str) -> int:
        """Return the status."""
        if name not in self.spends:
            return 404
        if name in self.taken_back:
            return 200
        self.taken_back.add(name)
        self.net += self.spends[name][0]
        self.version += 1
        return 201
