"""Members who buy, return, spend and take back, by loyalty's own door and by touchpoints at contact."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.fuzzing.machines.door import Door, etag, eventually, quoted
from tests.fuzzing.machines.loyalty_model import Account, Order

WHO = st.integers(0, 1)
AMOUNTS = st.sampled_from([Decimal(text) for text in ("0.50", "1.00", "9.99", "10.00", "120.00")])
ORDERS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["1", "2"])


class Loyalty(RuleBasedStateMachine):
    """Two members, fresh for each history."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        super().__init__()
        self.contact, self.loyalty = Door(urls, "contact"), Door(urls, "loyalty")
        self.began = datetime.now(UTC).isoformat()
        self.members = [str(uuid4()) for _ in range(2)]
        self.accounts = [Account() for _ in self.members]
        for member in self.members:
            self.contact.put(f"/v1/customers/{member}", 201, {"source": "fuzz", "channel": "web"})
        self._follow()

    def teardown(self) -> None:
        self.contact.close()
        self.loyalty.close()

    @rule(who=WHO)
    def enrol_again(self, who: int) -> None:
        self.loyalty.put(f"/v1/members/{self.members[who]}", 200)

    @rule(who=WHO, order=ORDERS, amount=AMOUNTS, keyed=st.booleans())
    def earn(self, who: int, order: str, amount: Decimal, *, keyed: bool) -> None:
        account = self.accounts[who]
        status, moves = account.orders.setdefault(f"api-{order}", Order()).record(amount)
        body = {"source": "api", "order_id": order, "net": str(amount), "currency": "EUR"}
        self._moved(who, "earnings", status, body, moves, keyed=keyed)

    @rule(who=WHO, order=ORDERS, name=NAMES, amount=AMOUNTS, keyed=st.booleans())
    def refund(self, who: int, order: str, name: str, amount: Decimal, *, keyed: bool) -> None:
        account, refund = self.accounts[who], f"{order}-{name}"
        status, moves = account.orders.setdefault(f"api-{order}", Order()).refund(refund, amount)
        body = {"source": "api", "order_id": order, "refund_id": refund, "amount": str(amount)}
        self._moved(who, "refunds", status, body, moves, keyed=keyed)

    @rule(
        who=WHO,
        name=NAMES,
        asked=st.sampled_from([1, 5, 100]),
        reason=st.sampled_from(["tea", "cake"]),
        late=st.booleans(),
    )
    def spend(self, who: int, name: str, asked: int, reason: str, *, late: bool) -> None:
        account, path = self.accounts[who], f"/v1/members/{self.members[who]}/spends"
        body = {"spend_id": name, "points": asked, "reason": reason}
        if late:
            self.loyalty.post(path, 412, body, If_Match=etag(account.version - 1))
            return
        seen = account.version
        answer = self.loyalty.post(path, account.spend(name, asked, reason), body, If_Match=etag(seen))
        self._keep(who, answer.headers.get("consistency-token"))

    @rule(who=WHO, name=NAMES, keyed=st.booleans())
    def take_back(self, who: int, name: str, *, keyed: bool) -> None:
        status = self.accounts[who].take_back(name)
        path = f"/v1/members/{self.members[who]}/spends/{name}/reversal"
        self._keep(who, self.loyalty.post(path, status, keyed=keyed).headers.get("consistency-token"))

    @rule(who=WHO, order=ORDERS, amount=AMOUNTS)
    def buy(self, who: int, order: str, amount: Decimal) -> None:
        account = self.accounts[who]
        status, moves = account.orders.setdefault(f"fuzz-{order}", Order()).record(amount)
        part = {"amount": str(amount), "currency": "EUR"}
        self._touch(who, status, {"kind": "purchase", "id": f"{self.members[who]}-{order}", "purchase": part}, moves)

    @rule(who=WHO, order=ORDERS, name=NAMES, amount=AMOUNTS)
    def give_back(self, who: int, order: str, name: str, amount: Decimal) -> None:
        account, refund = self.accounts[who], f"{self.members[who]}-{order}-{name}"
        status, moves = account.orders.setdefault(f"fuzz-{order}", Order()).refund(refund, amount)
        part = {"order_id": f"{self.members[who]}-{order}", "amount": str(amount), "currency": "EUR"}
        self._touch(who, status, {"kind": "refund", "id": refund, "refund": part}, moves)

    @rule(who=WHO)
    def the_list_shows_what_was_done(self, who: int) -> None:
        account = self.accounts[who]
        expected = (*account.shown, account.earned)
        if account.token is None:
            eventually(lambda: self._listed(who), expected)
        else:
            assert self._listed(who) == expected

    @invariant()
    def every_account_says_what_the_model_says(self) -> None:
        for member, account in zip(self.members, self.accounts, strict=True):
            answer = self.loyalty.get(f"/v1/members/{member}")
            assert (answer.json()["balance"], answer.json()["debt"]) == account.shown
            assert answer.headers["etag"] == etag(account.version)
            self.loyalty.get(f"/v1/members/{member}", 304, If_None_Match=etag(account.version))

    def _moved(
        self, who: int, what: str, status: int, body: dict[str, str], moves: list[int | None], *, keyed: bool
    ) -> None:
        account = self.accounts[who]
        account.book(moves, waits_count=True)
        account.earned += sum(move for move in moves[:1] if move and what == "earnings")
        answer = self.loyalty.post(f"/v1/members/{self.members[who]}/{what}", status, body, keyed=keyed)
        self._keep(who, answer.headers.get("consistency-token"))

    def _touch(self, who: int, status: int, fact: dict[str, object], moves: list[int | None]) -> None:
        account = self.accounts[who]
        common = {"source": "fuzz", "channel": "web", "occurred_at": self.began, "customer_id": self.members[who]}
        self.contact.post("/v1/touchpoints", status, {**common, **fact})
        account.book(moves, waits_count=False)
        account.earned += sum(move for move in moves[:1] if move and fact["kind"] == "purchase")
        if any(move is not None for move in moves):
            account.token = None
        self._follow()

    def _keep(self, who: int, token: str | None) -> None:
        self.accounts[who].token = token or self.accounts[who].token

    def _follow(self) -> None:
        """Wait until loyalty has learnt what contact told."""
        for member, account in zip(self.members, self.accounts, strict=True):
            eventually(lambda: self._version(member), etag(account.version))  # noqa: B023 - called at once

    def _version(self, member: str) -> str | None:
        return self.loyalty.version(f"/v1/members/{member}")

    def _listed(self, who: int) -> tuple[int, int, int] | None:
        path = f"/v1/members?filter[enrolled_at][gte]={quoted(self.began)}&page[size]=3"
        rows = self.loyalty.rows(path, self.accounts[who].token)
        found = [row for row in rows if row["customer_id"] == self.members[who]]
        assert len(found) <= 1
        return next(((row["balance"], row["debt"], row["earned"]) for row in found), None)
