"""What every operation says of itself beyond its route: the problems that any may answer, and the kit's headers."""

from collections.abc import Iterator
from typing import Any

from shared.http.problems import EXPLAINED, MEDIA_TYPE, FieldProblem, Problem

WRITES = ("post", "put")
_REF = "#/components/schemas/{model}"
_TEXT = {"type": "string"}
_MATCHED = {"type": "string", "pattern": r'^(\*|(W/)?"?[0-9]{1,10}"?)$', "examples": ['"7"']}

_ANY = (400, 401, 403, 422, 503)
_WITH_BODY = (413, 415)
_ANSWERED = {
    401: {"WWW-Authenticate": ("How to authenticate.", _TEXT)},
    503: {"Retry-After": ("Seconds to wait.", {"type": "string", "pattern": "^[0-9]+$"})},
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with all that the kit does for every route."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        schemas[model.__name__] = _schema(model)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _complete(method, operation)
    return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    statuses = {*_ANY, *(_WITH_BODY if "requestBody" in operation else ()), *((409,) if method in WRITES else ())}
    for status in sorted(statuses):
        responses.setdefault(str(status), {"description": EXPLAINED[status]})
    for status, answer in responses.items():
        if int(status) >= 400:
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
            if described := _ANSWERED.get(int(status)):
                answer["headers"] = {name: _header(*about) for name, about in described.items()}
    _say_what_a_repeat_answers(responses)
    operation["responses"] = dict(sorted(responses.items()))
    operation.setdefault("parameters", []).extend(_headers(method, responses))
    if not operation["parameters"]:
        del operation["parameters"]


def _say_what_a_repeat_answers(responses: dict[str, Any]) -> None:
    """A command that was carried out before answers 200 with the same body."""
    first = next((responses[status] for status in ("201", "202") if status in responses), None)
    if first and "200" in responses:
        responses["200"]["content"] = first.get("content", {})


def _headers(method: str, responses: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if method == "post":
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        yield _parameter("Idempotency-Key", "The same key again, with the same body, answers the same again.", key)
    if "412" in responses:
        required = "428" in responses
        yield _parameter(
            "If-Match", "The ETag of what you have read: 412 where it has changed since.", _MATCHED, required
        )
    if "304" in responses:
        yield _parameter("If-None-Match", "The ETag of what you have: 304 where that is still so.", _TEXT)


def _parameter(name: str, description: str, schema: dict[str, Any], required: bool = False) -> dict[str, Any]:  # noqa: FBT001 - OpenAPI's own word
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _header(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": schema}


def _schema(model: type[Any]) -> dict[str, Any]:
    made: dict[str, Any] = model.model_json_schema(ref_template=_REF, mode="serialization")
    made.pop("$defs", None)
    return made
