"""The commands of the load: what customers, shops and agents do, chosen by a seed, each known by a mark of its own."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from services.contact.domain.identifiers import keyed_hash
from shared.settings import KernelSettings, read
from tests.faults.ledger import Effect, Entry, Ledger, Outcome
from tests.faults.plan import Load as LoadTerms

DAY = "2026-01-05T09:30:00Z"
FAR = "2090-01-07T16:00:00Z"
EARNED = ("points-earned", "nothing-earned")


class Commands:
    """Makes one command after the other. What is there to act on is what the ledger knows to be acknowledged."""

    def __init__(self, ledger: Ledger, load: LoadTerms, *, seed: int, mark: str) -> None:
        self._ledger = ledger
        self._random = Random(seed)
        self._wanted = load.customers
        self._kafka = load.kafka
        self._poison = load.poison
        self._hot = load.hot
        self._mark = mark
        self._made = 0
        self._read = len(ledger.entries)
        self._hashed = keyed_hash(read(KernelSettings).identity_secret.get_secret_value())
        self._customers: list[str] = []
        self._purchases: list[tuple[str, str]] = []
        self._tickets: list[str] = []
        self._promises: list[tuple[str, str]] = []
        self._kinds: Mapping[Callable[[], Entry], int] = {
            self._register: 3,
            self._identify: 6,
            self._earn: 12,
            self._spend: 18,
            self._open: 8,
            self._promise: 9,
            self._keep: 6,
            self._resolve: 4,
            self._purchase: 18,
            self._refund: 4,
            self._interaction: 12,
        }

    def next(self) -> Entry:
        """Return the next command; the first ones register customers."""
        self._learn()
        self._made += 1
        if len(self._customers) < min(self._wanted, 1 + self._made // 2):
            return self._register()
        if self._random.random() < self._poison:
            return self._bad()
        (kind,) = self._random.choices(list(self._kinds), list(self._kinds.values()))
        return kind()

    def _learn(self) -> None:
        """Take up what became known since the last look; the order of entries is kept, so that choices are too."""
        entries = self._ledger.entries
        while self._read < len(entries) and entries[self._read].outcome is not Outcome.OPEN:
            entry = entries[self._read]
            self._read += 1
            if entry.outcome is Outcome.ACKNOWLEDGED:
                self._note(entry)

    def _note(self, entry: Entry) -> None:
        match entry.kind:
            case "register":
                self._customers.append(entry.effect.value)
            case "open":
                self._tickets.append(msgspec.json.decode(entry.answer)["ticket_id"])
            case "promise":
                self._promises.append((entry.path, entry.effect.value))
            case "purchase":
                self._purchases.append((entry.body["id"], entry.body["identifiers"][0]["value"]))

    def _name(self, kind: str) -> str:
        return f"{self._mark}-{kind}-{self._made}"

    def _customer(self) -> str:
        return self._random.choice(self._customers)

    def _http(self, kind: str, service: str, path: str, body: Any, effect: Effect, method: str = "POST") -> Entry:
        return Entry(self._name(kind), kind, service, method, path, body, effect)

    def _register(self) -> Entry:
        customer = str(UUID(int=self._random.getrandbits(128), version=4))
        effect = Effect("contact", ("customer-registered",), "customer_id", customer)
        body = {"source": "branch", "channel": "branch-visit"}
        return self._http("register", "contact", f"/v1/customers/{customer}", body, effect, "PUT")

    def _identify(self) -> Entry:
        value = self._name("card")
        effect = Effect("contact", ("identifier-claimed",), "stream", f"identity-{self._hashed('loyalty-card', value)}")
        path = f"/v1/customers/{self._customer()}/identifiers"
        return self._http("identify", "contact", path, {"type": "loyalty-card", "value": value}, effect)

    def _earn(self) -> Entry:
        order = self._name("order")
        body = {"source": "faults", "order_id": order, "net": f"{self._random.randint(0, 90)}.50", "currency": "EUR"}
        effect = Effect("loyalty", EARNED, "order_id", order)
        return self._http("earn", "loyalty", f"/v1/members/{self._customer()}/earnings", body, effect)

    def _spend(self) -> Entry:
        name = self._name("spend")
        body = {"spend_id": name, "points": self._random.randint(1, 20), "reason": "voucher"}
        effect = Effect("loyalty", ("points-spent",), "spend_id", name)
        return self._http("spend", "loyalty", f"/v1/members/{self._customer()}/spends", body, effect)

    def _open(self) -> Entry:
        name = self._name("open")
        body = {"customer_id": self._customer(), "summary": "It came open.", "touchpoint": name}
        effect = Effect("tickets", ("complaint-opened",), "touchpoint", name)
        return self._http("open", "tickets", "/v1/tickets", body, effect)

    def _promise(self) -> Entry:
        if not self._tickets:
            return self._open()
        name = self._name("promise")
        body = {"promise_id": name, "content": "We call back.", "due_at": FAR}
        path = f"/v1/tickets/{self._random.choice(self._tickets)}/promises"
        return self._http("promise", "tickets", path, body, Effect("tickets", ("promise-made",), "promise_id", name))

    def _keep(self) -> Entry:
        if not self._promises:
            return self._promise()
        path, name = self._promises.pop(self._random.randrange(len(self._promises)))
        effect = Effect("tickets", ("promise-kept",), "promise_id", name)
        return self._http("keep", "tickets", f"{path}/{name}/fulfilment", None, effect)

    def _resolve(self) -> Entry:
        if not self._tickets:
            return self._open()
        ticket = self._tickets.pop(self._random.randrange(len(self._tickets)))
        body = {"decision": "upheld", "explanation": "It was so.", "redress": [{"kind": "apology"}]}
        effect = Effect("tickets", ("complaint-resolved",), "stream", f"ticket-{ticket}")
        return self._http("resolve", "tickets", f"/v1/tickets/{ticket}/resolution", body, effect)

    def _purchase(self) -> Entry:
        name = self._name("bought")
        part = {"purchase": {"amount": f"{self._random.randint(1, 90)}.90", "currency": "EUR"}}
        return self._touchpoint("purchase", name, self._shopper(), part)

    def _refund(self) -> Entry:
        if not self._purchases:
            return self._purchase()
        order, shopper = self._purchases.pop(self._random.randrange(len(self._purchases)))
        name = self._name("refund")
        part = {"refund": {"order_id": order, "amount": "0.40", "currency": "EUR"}}
        entry = self._touchpoint("refund", name, shopper, part)
        entry.effect = Effect(
            "contact", ("purchase-refunded",), "refund_id", name, at_first=("refund-awaits-purchase",)
        )
        return entry

    def _interaction(self) -> Entry:
        topic = self._random.choice(["complaint", "question", "praise"])
        part = {"interaction": {"direction": "inbound", "topic": topic, "summary": "They called."}}
        return self._touchpoint("interaction", self._name("call"), self._shopper(), part)

    def _bad(self) -> Entry:
        """Return a touchpoint that can't be taken: it must be parked, and must not hold up the others."""
        entry = self._touchpoint("interaction", self._name("poison"), self._shopper(), {})
        entry.to_be_parked, entry.method, entry.path = True, "", entry.body["identifiers"][0]["value"]
        return entry

    def _shopper(self) -> str:
        """Return who shops; of the hot share of touchpoints it is always the same one."""
        if self._random.random() < self._hot:
            return f"{self._mark}-shopper-0"
        return f"{self._mark}-shopper-{self._random.randrange(self._wanted)}"

    def _touchpoint(self, kind: str, name: str, shopper: str, part: Mapping[str, Any]) -> Entry:
        channel = "call" if kind == "interaction" else "web"
        known_by = [{"type": "shop-customer", "value": shopper}]
        body: dict[str, Any] = {"kind": kind, "source": "faults", "id": name, "channel": channel, "occurred_at": DAY}
        stream = f"interaction-call-faults-{name}" if kind == "interaction" else f"purchase-faults-{name}"
        effect = Effect("contact", (f"{kind}-recorded",), "stream", stream)
        body = {**body, "identifiers": known_by, **part}
        if self._random.random() < self._kafka:
            return Entry(name, kind, "contact", "", shopper, body, effect)
        return Entry(name, kind, "contact", "POST", "/v1/touchpoints", body, effect)
