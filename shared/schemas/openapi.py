"""What a change of a service's OpenAPI document breaks for those who call the service."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.schemas.compare import Broken, Comparison, Side

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
Document = Mapping[str, Any]

PROBLEM = "application/problem+json"
"""How every problem is served: a release that described them as plain JSON, too, was wrong."""

MATCH = ("if-match",)
"""What a route that answers 428 has always asked for, whether or not it was described."""

NEVER_SERVED = "#/components/schemas/HTTPValidationError"
"""What FastAPI describes where a route documents no 422 of its own; every 422 that is served is a problem."""


def breaking(old: Document, new: Document) -> list[Broken]:
    """Return what a caller of the service described by `old` can no longer rely on in `new`."""
    return sorted(set(_paths(old, new)))


def _paths(old: Document, new: Document) -> Iterator[Broken]:
    for path, item in old["paths"].items():
        for method in METHODS & item.keys():
            where = f"{method.upper()} {path}"
            operation = new["paths"].get(path, {}).get(method)
            if operation is None:
                yield Broken(where, "was removed")
            else:
                yield from _operation(old, new, item[method], operation, where)


def _operation(old: Document, new: Document, before: Document, after: Document, where: str) -> Iterator[Broken]:
    accepts = Comparison(old, new, Side.READ)
    answers = Comparison(old, new, Side.WRITE)
    yield from _parameters(accepts, before, after, where)
    yield from _body(accepts, before.get("requestBody"), after.get("requestBody"), where)
    yield from _scopes(before, after, where)
    for status, answer in before.get("responses", {}).items():
        found = after.get("responses", {}).get(status)
        if found is None:
            yield Broken(f"{where} {status}", "is no longer answered")
        else:
            yield from _content(answers, answer, found, f"{where} {status}")
            yield from _headers(answers, answer, found, f"{where} {status}")


def _parameters(accepts: Comparison, before: Document, after: Document, where: str) -> Iterator[Broken]:
    old, new = _named(before), _named(after)
    always = MATCH if "428" in before.get("responses", {}) else ()
    for key, parameter in new.items():
        if parameter.get("required") and not old.get(key, {}).get("required") and key[1] not in always:
            yield Broken(f"{where} ?{key[1]}", "is now required")
    for key, parameter in old.items():
        if key not in new:
            yield Broken(f"{where} ?{key[1]}", "was removed")
        else:
            yield from accepts.broken(parameter.get("schema", {}), new[key].get("schema", {}), f"{where} ?{key[1]}")


def _named(operation: Document) -> dict[tuple[str, str], Document]:
    """Parameters by where they stand and their names, of which those of headers know no case."""
    return {
        (item["in"], item["name"].lower() if item["in"] == "header" else item["name"]): item
        for item in operation.get("parameters", ())
    }


def _body(accepts: Comparison, before: Document | None, after: Document | None, where: str) -> Iterator[Broken]:
    place = f"{where} body"
    if after and after.get("required") and not (before and before.get("required")):
        yield Broken(place, "is now required")
    if before and not after:
        yield Broken(place, "was removed")
    elif before and after:
        yield from _content(accepts, before, after, place)


def _content(comparison: Comparison, before: Document, after: Document, where: str) -> Iterator[Broken]:
    new = after.get("content", {})
    for media, described in before.get("content", {}).items():
        if media == "application/json" and PROBLEM in new:
            continue
        if media not in new:
            yield Broken(f"{where} {media}", "was removed")
        elif described.get("schema", {}).get("$ref") != NEVER_SERVED:
            yield from comparison.broken(described.get("schema", {}), new[media].get("schema", {}), where)


def _headers(answers: Comparison, before: Document, after: Document, where: str) -> Iterator[Broken]:
    new = after.get("headers", {})
    for name, header in before.get("headers", {}).items():
        if name not in new:
            yield Broken(f"{where} {name}", "was removed")
        else:
            yield from answers.broken(header.get("schema", {}), new[name].get("schema", {}), f"{where} {name}")


def _scopes(before: Document, after: Document, where: str) -> Iterator[Broken]:
    """A token that was enough must stay enough."""
    old = {scope for way in before.get("security", ()) for scopes in way.values() for scope in scopes}
    new = {scope for way in after.get("security", ()) for scopes in way.values() for scope in scopes}
    yield from (Broken(where, f"now asks for the scope {scope}") for scope in sorted(new - old))
