"""A patch of a programme: a JSON merge patch (RFC 7396) of its document, in which rules are known by their ids."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.reading import document_of
from shared.errors import Invalid

_OF_RULE = re.compile(r"^/earning/rules/(?P<place>\d+)(?P<rest>/.*)?$")


def patched(document: Document, patch: Mapping[str, Any]) -> Document:
    """Return the document with the patch: what it names is merged, what it says is null is gone.

    Raises Invalid with (pointer, message) where what comes of it has no document's shape; in a pointer, too, a
    rule is named by its id.
    """
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    earning = plain.setdefault("earning", {})
    earning["rules"] = {rule["id"]: rule for rule in earning.get("rules", ())}
    merged = _merged(plain, patch)
    names = _listed(merged)
    try:
        return document_of(merged)
    except Invalid as invalid:
        raise Invalid([(by_id(at, names), says) for at, says in invalid.problems]) from None


def by_id(at: str, names: Sequence[str]) -> str:
    """Return a pointer into a document as one into a patch: rules by their ids."""
    found = _OF_RULE.match(at)
    if found is None or int(found["place"]) >= len(names):
        return at
    return f"/earning/rules/{names[int(found['place'])]}{found['rest'] or ''}"


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _listed(merged: dict[str, Any]) -> Sequence[str]:
    """Let the rules be a list again, and return their ids in its order; of another shape they stay, to be refused."""
    earning = merged.get("earning")
    rules = earning.get("rules") if isinstance(earning, dict) else None
    if not isinstance(earning, dict) or not isinstance(rules, dict):
        return ()
    earning["rules"] = [{**rule, "id": name} if isinstance(rule, dict) else rule for name, rule in rules.items()]
    return tuple(rules)
