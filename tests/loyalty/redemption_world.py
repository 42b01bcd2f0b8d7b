"""All streams of redemptions in memory: each step takes effect as a whole or not at all, and timers fire when told."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.ledger.decider import ACCOUNT
from services.loyalty.domain.ledger.policies import LapsePolicy
from services.loyalty.domain.programme.terms import Terms
from services.loyalty.domain.redeeming import process
from services.loyalty.domain.redeeming.allowance import ALLOWANCE
from services.loyalty.domain.redeeming.redemption import Redemption
from services.loyalty.domain.redeeming.standing import REDEMPTION, existing
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.reward import Reward
from shared.decider import AnyDecider
from tests.loyalty.loyalty_facts import ANNA, NOW, PLAIN, earn
from tests.loyalty.reward_facts import MUG, name

T = TypeVar("T")


class World:
    """Implements `Streams` over lists; `members` are those who are one, `about` tells whom each stream is about."""

    def __init__(self, *members: UUID) -> None:
        self.logs: dict[str, list[Any]] = defaultdict(list)
        self.about: dict[str, set[str]] = defaultdict(set)
        self.guarded: set[str] = set()
        self.members = members or (ANNA,)
        self.now: datetime = NOW

    def state(self, decider: AnyDecider, key: object) -> Any:
        return decider.fold(self.logs[decider.stream(key)])

    def ask(self, decider: AnyDecider, key: object, command: Any, subject: object) -> Sequence[Any]:
        events = decider.decide(command, self.state(decider, key))
        self.logs[decider.stream(key)] += events
        if events:
            self.about[decider.stream(key)].add(str(subject))
        return events

    def guard(self, decider: AnyDecider, key: object) -> None:
        assert decider.stream(key) in self.logs
        self.guarded.add(decider.stream(key))

    def whole(self, step: Callable[[], T]) -> T:
        """Let the step take effect as a whole."""
        before = {stream: copy(log) for stream, log in self.logs.items()}
        try:
            return step()
        except BaseException:
            self.logs.clear()
            self.logs.update(before)
            raise

    def earn(self, points: int, who: UUID = ANNA, terms: Terms = PLAIN) -> None:
        self.ask(ACCOUNT, who, earn(f"o{len(self.logs[ACCOUNT.stream(who)])}", str(points), terms=terms), who)

    def redeem(self, number: int = 1, who: UUID = ANNA, reward: str = MUG, tier: str | None = None) -> Sequence[Any]:
        members = tuple(map(str, self.members)) if who in self.members else (str(who),)
        asked = process.Asked(name(number), who, reward, members, self.now, tier)
        return self.whole(lambda: process.redeem(self, asked))

    def fulfil(self, number: int = 1) -> Sequence[Any]:
        return self.whole(lambda: process.fulfil(self, name(number), self.now, "parcel-1"))

    def fail(self, number: int = 1) -> Sequence[Any]:
        return self.whole(lambda: process.fail(self, name(number), self.now, "lost"))

    def cancel(self, number: int = 1, lapse: LapsePolicy = process.FORFEITED) -> Sequence[Any]:
        return self.whole(lambda: process.cancel(self, name(number), self.now, "unwanted", lapse))

    def wait(self, now: datetime) -> None:
        """Let time pass, and timers fire."""
        self.now = now
        for decider in (ACCOUNT, REWARD, REDEMPTION):
            for stream in [stream for stream in self.logs if stream.startswith(f"{decider.name}-")]:
                self._fire(decider, stream.removeprefix(f"{decider.name}-"))

    def _fire(self, decider: AnyDecider, key: str) -> None:
        assert decider.wakes
        assert decider.wake
        while (due := decider.wakes(self.state(decider, key))) is not None and due <= self.now:
            assert self.ask(decider, key, decider.wake(self.now), key)

    def balance(self, who: UUID = ANNA) -> int:
        account: Account = self.state(ACCOUNT, who)
        return account.balance(self.now)

    @property
    def together(self) -> int:
        return sum(self.state(ACCOUNT, who).net(self.now) for who in self.members)

    def reward(self, reward: str = MUG) -> Reward:
        return self.state(REWARD, reward)  # type: ignore[no-any-return] # the decider's own state

    def redemption(self, number: int = 1) -> Redemption:
        return existing(self.state(REDEMPTION, name(number)))

    def uses(self, who: UUID = ANNA) -> int:
        return sum(len(uses) for uses in self.state(ALLOWANCE, who).uses.values())
