"""The difference between two versions of a programme, as a list of changes in words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from services.loyalty.domain.abuse.words import said as limits_said
from services.loyalty.domain.ledger.policies import USUAL, Policies
from services.loyalty.domain.pools.rules import said as pools_said
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.policy_words import said_of_policies
from services.loyalty.domain.rules.explain import sentence
from services.loyalty.domain.rules.language import Rule

_SAID: Mapping[str, Callable[[Any], Mapping[str, str]]] = {"abuse": limits_said, "pools": pools_said}
"""What tells the sections of a document in sentences, each by its place in the section."""

_NAMES = ("id", "code", "name")
"""By what the items of a list are known from one version to the next, where they have it."""


class Change(Struct, frozen=True, omit_defaults=True):
    """One change: where (items of lists by their names), and what, in words."""

    at: str
    says: str


def difference(before: Document | None, after: Document) -> list[Change]:
    """Return the changes from one version to the next, in the order of the document; all of it where there was none.

    Nothing is said of the order of rules, currencies and groups, which means nothing.
    """
    if before is None:
        begins = Change("", f"programme {after.id} begins: {after.name}")
        return [begins, *_policies(USUAL, after.policies), *_rules((), after.earning.rules), *_sections(None, after)]
    old, new = _plain(before), _plain(after)
    old["earning"], new["earning"] = _without_rules(old), _without_rules(new)
    told = [*_policies(before.policies, after.policies), *_rules(before.earning.rules, after.earning.rules)]
    return [*_changes("", old, new), *told, *_sections(before, after)]


def _sections(before: Document | None, after: Document) -> Iterator[Change]:
    """Yield the changes of the sections that are told in sentences."""
    for section, said in _SAID.items():
        old = said(getattr(before, section)) if before else {}
        new = said(getattr(after, section))
        for place in dict.fromkeys((*new, *old)):
            at = f"/{section}{place}"
            if place not in old:
                yield Change(at, f"new: {new[place]}")
            elif place not in new:
                yield Change(at, f"gone: {old[place]}")
            elif old[place] != new[place]:
                yield Change(at, f"{section} said: {old[place]}; now: {new[place]}")


def _plain(document: Document) -> dict[str, Any]:
    """Return what is compared field by field; policies and rules are told in sentences."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return {name: value for name, value in plain.items() if name not in (*_SAID, "policies")}


def _policies(before: Policies, after: Policies) -> Iterator[Change]:
    old, new = said_of_policies(before), said_of_policies(after)
    for name, says in new.items():
        if old[name] != says:
            yield Change(f"/policies/{name}", f"{old[name]}; now: {says}")


def _without_rules(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.get("earning", {}).items() if name != "rules"}


def _rules(before: tuple[Rule, ...], after: tuple[Rule, ...]) -> Iterator[Change]:
    old, new = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    for name, rule in new.items():
        at = f"/earning/rules/{name}"
        if name not in old:
            yield Change(at, f"rule {name} is new: {sentence(rule)}")
        elif old[name] != rule:
            if sentence(old[name]) != sentence(rule):
                yield Change(at, f"rule {name} said: {sentence(old[name])}; now: {sentence(rule)}")
            yield from _changes(at, _aside(old[name]), _aside(rule))
    yield from (Change(f"/earning/rules/{name}", f"rule {name} is gone") for name in old if name not in new)


def _aside(rule: Rule) -> dict[str, Any]:
    """Return what a rule's sentence doesn't say."""
    plain = msgspec.json.decode(msgspec.json.encode(rule))
    return {name: value for name, value in plain.items() if name not in ("on", "when", "effects", "since", "until")}


def _changes(at: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    old, new = _named(before), _named(after)
    if old is None or new is None:
        yield Change(at, f"{_said(before)} becomes {_said(after)}")
        return
    for name in dict.fromkeys((*new, *old)):
        inner = f"{at}/{name}"
        if name not in old:
            yield Change(inner, f"new: {_said(new[name])}")
        elif name not in new:
            yield Change(inner, f"gone: {_said(old[name])}")
        else:
            yield from _changes(inner, old[name], new[name])


def _named(value: Any) -> dict[str, Any] | None:
    """Return an object's fields, or the items of a list of objects by their names; None for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for field in _NAMES:
            names = [item.get(field) for item in value]
            if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
                return {item[field]: item for item in value}
        return {str(place): item for place, item in enumerate(value)}
    return None


def _said(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
