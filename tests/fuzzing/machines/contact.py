"""Customers who are registered, claim identifiers, turn out to be one another, and do not after all."""

from collections.abc import Mapping
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.fuzzing.machines.door import Door, etag, eventually

WHO = st.integers(0, 3)
SEEN = st.sampled_from(["now", "before", "never"])
EVIDENCE = [{"kind": "judged"}]


class Contact(RuleBasedStateMachine):
    """Four customers, of whom the model keeps who is merged into whom, and whose each identifier is."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        super().__init__()
        self.door = Door(urls, "contact")
        self.source = f"fuzz.{uuid4().hex}"
        self.ids = [str(uuid4()) for _ in range(4)]
        self.versions = [0, 0, 0, 0]
        self.into: dict[int, int] = {}
        self.merges: dict[int, str] = {}
        self.undone: dict[int, list[str]] = {}
        self.owners: dict[str, int] = {}

    def teardown(self) -> None:
        self.door.close()

    @rule(who=WHO)
    def register(self, who: int) -> None:
        body = {"source": self.source, "channel": "web"}
        self.door.put(f"/v1/customers/{self.ids[who]}", 200 if self.versions[who] else 201, body)
        self.versions[who] = self.versions[who] or 1

    @rule(who=WHO, name=st.sampled_from(["x", "y"]), keyed=st.booleans())
    def claim(self, who: int, name: str, *, keyed: bool) -> None:
        owner = self.owners.get(name)
        ours = owner is None or self._root(owner) == self._root(who)
        status = 404 if not self.versions[who] else 201 if ours else 409
        answer = self.door.post(f"/v1/customers/{self.ids[who]}/identifiers", status, self._named(name), keyed=keyed)
        if status == 201:
            self.owners.setdefault(name, who)
            assert answer.json()["customer_id"] == self.ids[self.owners[name]]

    @rule(name=st.sampled_from(["x", "y"]))
    def look_up(self, name: str) -> None:
        owner = self.owners.get(name)
        answer = self.door.post("/v1/customers:lookup", 404 if owner is None else 200, self._named(name))
        assert owner is None or answer.json()["customer_id"] == self.ids[self._root(owner)]

    @rule(who=WHO, into=WHO, seen=SEEN, keyed=st.booleans())
    def merge(self, who: int, into: int, seen: str, *, keyed: bool) -> None:
        path, body = f"/v1/customers/{self.ids[who]}/merges", {"into": self.ids[into], "evidence": EVIDENCE}
        if seen == "before":
            self.door.post(path, 412, body, If_Match=etag(self.versions[who] + 1))
            return
        headers = {} if seen == "never" else {"If_Match": etag(self.versions[who])}
        status = self._merging(who, into)
        answer = self.door.post(path, status, body, keyed=keyed, **headers)
        if status == 201:
            self.versions[self._root(into)] += 1
            self.versions[who] += 1
            self.into[who], self.merges[who] = into, answer.json()["merge_id"]
            self._follow()

    @rule(who=WHO, keyed=st.booleans())
    def undo(self, who: int, *, keyed: bool) -> None:
        merge, before = self.merges.get(who), self.undone.setdefault(who, [])
        body = {"reason": "mistake"}
        for known in before:
            self.door.post(f"/v1/customers/{self.ids[who]}/merges/{known}/undo", 409, body)
        path = f"/v1/customers/{self.ids[who]}/merges/{merge or uuid4()}/undo"
        self.door.post(path, 200 if merge else 404, body, keyed=keyed)
        if merge:
            self.versions[self._root(who)] += 1
            self.versions[who] += 1
            before.append(self.merges.pop(who))
            del self.into[who]
            self._follow()

    @rule()
    def the_list_shows_each_person_once(self) -> None:
        eventually(self._listed, sorted(self.ids[root] for root in {self._root(who) for who in self._known()}))

    @invariant()
    def every_customer_is_who_the_model_says(self) -> None:
        for who in range(4):
            if not self.versions[who]:
                self.door.get(f"/v1/customers/{self.ids[who]}", 404)
                continue
            assert self._shown(who) == self._expected(who)
            told = self.door.get(f"/v1/customers/{self.ids[who]}/merges").json()["merges"]
            mine = {
                item["merge_id"]: item["undone"] is not None for item in told if item["customer_id"] == self.ids[who]
            }
            holds = {self.merges[who]: False} if who in self.merges else {}
            assert mine == {**dict.fromkeys(self.undone.get(who, ()), True), **holds}

    def _merging(self, who: int, into: int) -> int:
        """Return how a merge is answered: who is unknown isn't found, who is one already can't become so again."""
        if not self.versions[who]:
            return 404
        if who == into or who in self.into or self._root(into) == who:
            return 409
        return 201 if self.versions[into] else 404

    def _root(self, who: int) -> int:
        while who in self.into:
            who = self.into[who]
        return who

    def _known(self) -> list[int]:
        return [who for who in range(4) if self.versions[who]]

    def _named(self, name: str) -> dict[str, str]:
        return {"type": "fuzz", "value": f"{self.source}-{name}"}

    def _expected(self, who: int) -> tuple[str, set[str], int]:
        root = self._root(who)
        others = {self.ids[other] for other in self._known() if other != root and self._root(other) == root}
        return self.ids[root], others, self.versions[root]

    def _shown(self, who: int) -> tuple[str, set[str], int]:
        said = self.door.get(f"/v1/customers/{self.ids[who]}").json()
        return said["customer_id"], set(said["merged"]), said["version"]

    def _follow(self) -> None:
        """Wait until everyone is shown as who they are now: that follows by events."""
        for who in self._known():
            eventually(lambda: self._shown(who), self._expected(who))  # noqa: B023 - called at once

    def _listed(self) -> list[str]:
        rows = self.door.rows(f"/v1/customers?filter[source]={self.source}&page[size]=2&sort=registered_at", None)
        return sorted(row["customer_id"] for row in rows)
