"""What a change of a JSON Schema breaks: for those who send us what it describes, and for those who read it of us."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Flag, auto
from typing import Any

from msgspec import Struct

Schema = Mapping[str, Any]


class Side(Flag):
    """Who depends on a schema. An event has both: others read new ones, and we read old ones for ever."""

    READ = auto()
    """We read it: what was valid must stay valid."""
    WRITE = auto()
    """We write it: nothing may come that was not announced."""


EVENT = Side.READ | Side.WRITE
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
FORMS = ("pattern", "format", "uniqueItems", "contentEncoding")


class Broken(Struct, frozen=True, order=True):
    """One thing that used to hold and doesn't any more."""

    where: str
    what: str


class Comparison:
    """Compares schemas of two documents, in which their references are looked up."""

    def __init__(self, old_document: Schema, new_document: Schema, side: Side) -> None:
        self._documents = (old_document, new_document)
        self._side = side
        self._within: list[tuple[str | None, str | None]] = []
        """The references that are being followed: a schema may hold itself."""

    def broken(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        """Yield what breaks when `old` becomes `new`."""
        pair = (old.get("$ref"), new.get("$ref"))
        if None not in pair and pair in self._within:
            return
        self._within.append(pair)
        yield from self._choices(old, new, where)
        self._within.pop()

    def _choices(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        before, after = _alternatives(self._documents[0], old), _alternatives(self._documents[1], new)
        if len(before) == len(after) == 1:
            yield from self._one(before[0], after[0], where)
            return
        if Side.READ in self._side:
            for item in before:
                yield from self._among(item, after, where, "no longer accepts", old_first=True)
        if Side.WRITE in self._side:
            for item in after:
                yield from self._among(item, before, where, "may now be", old_first=False)

    def _among(
        self, item: Schema, others: Sequence[Schema], where: str, verb: str, *, old_first: bool
    ) -> Iterator[Broken]:
        """Find the alternative that `item` corresponds to; yield what differs, or that there is none."""
        found = [list(self._one(*((item, other) if old_first else (other, item)), where)) for other in others]
        if any(not problems for problems in found):
            return
        alike = [problems for problems, other in zip(found, others, strict=True) if _kind(other) == _kind(item)]
        if len(alike) == 1:
            yield from alike[0]
        else:
            yield Broken(where, f"{verb} {_kind(item)}")

    def _one(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        if not _same_type(old, new, self._side):
            yield Broken(where, f"was {_kind(old)}, is {_kind(new)}")
            return
        yield from self._values(old, new, where)
        yield from self._limits(old, new, where)
        yield from self._fields(old, new, where)
        yield from self._parts(old, new, where)

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        before, after = _values_of(old), _values_of(new)
        if Side.READ in self._side and after is not None:
            gone = "other values" if before is None else ", ".join(sorted(before - after))
            if gone:
                yield Broken(where, f"no longer accepts {gone}")
        if Side.WRITE in self._side and before is not None:
            come = "any value" if after is None else ", ".join(sorted(after - before))
            if come:
                yield Broken(where, f"may now be {come}")

    def _limits(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        if Side.READ in self._side:
            yield from (Broken(where, f"{name} is tighter") for name in _tighter(old, new))
        if Side.WRITE in self._side:
            yield from (Broken(where, f"{name} is looser") for name in _tighter(new, old))

    def _fields(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in before.keys() - after.keys():
            yield Broken(f"{where}.{name}", "was removed")
        if Side.READ in self._side:
            for name in needed_after - needed_before:
                yield Broken(f"{where}.{name}", "is now required")
        for name in before.keys() & after.keys():
            if Side.WRITE in self._side and name in needed_before - needed_after:
                yield Broken(f"{where}.{name}", "may now be absent")
            yield from self._field(before[name], after[name], f"{where}.{name}")

    def _field(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        if Side.READ in self._side and "default" in old and old["default"] != new.get("default"):
            yield Broken(where, "has another default: what was left out now means something else")
        yield from self.broken(old, new, where)

    def _parts(self, old: Schema, new: Schema, where: str) -> Iterator[Broken]:
        for name, suffix in (("items", "[]"), ("additionalProperties", ".*")):
            if name not in old and name not in new:
                continue
            before, after = _schema(old.get(name)), _schema(new.get(name))
            if before is not None and after is not None:
                yield from self.broken(before, after, where + suffix)
            elif Side.READ in self._side and before is not None:
                yield Broken(where + suffix, "is no longer accepted")
            elif Side.WRITE in self._side and after is not None:
                yield Broken(where + suffix, "may now come")
        before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
        if len(before) != len(after):
            yield Broken(where, f"had {len(before)} places, has {len(after)}")
        for place, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from self.broken(one, other, f"{where}[{place}]")


def _alternatives(document: Schema, schema: Schema) -> list[Schema]:
    """Return the schemas of which one must hold, references resolved."""
    while "$ref" in schema or len(schema.get("allOf", ())) == 1:
        target = _target(document, schema["$ref"]) if "$ref" in schema else schema["allOf"][0]
        schema = {**target, **{key: value for key, value in schema.items() if key not in ("$ref", "allOf")}}
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return [found for choice in choices for found in _alternatives(document, choice)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": name} for name in schema["type"]]
    return [schema]


def _target(document: Schema, reference: str) -> Schema:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    target: Schema = found
    return target


def _schema(value: Any) -> Schema | None:
    """`True` and absence allow anything; `False` nothing."""
    if value is False:
        return None
    return value if isinstance(value, Mapping) else {}


def _kind(schema: Schema) -> str:
    if "type" in schema:
        return str(schema["type"])
    return "one of a list" if _values_of(schema) is not None else "anything"


def _same_type(old: Schema, new: Schema, side: Side) -> bool:
    before, after = _type(old), _type(new)
    if before == after:
        return True
    narrows = before is None or (before, after) == ("number", "integer")
    widens = after is None or (before, after) == ("integer", "number")
    return (narrows and Side.READ not in side) or (widens and Side.WRITE not in side)


def _type(schema: Schema) -> str | None:
    """An enumeration of texts is a text, whether or not its schema says so."""
    if "type" in schema:
        return str(schema["type"])
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return "string" if values and all(isinstance(value, str) for value in values) else None


def _values_of(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"])}
    return {repr(value) for value in schema["enum"]} if "enum" in schema else None


def _tighter(old: Schema, new: Schema) -> Iterator[str]:
    for name in LOWER_BOUNDS:
        if name in new and (name not in old or new[name] > old[name]):
            yield name
    for name in UPPER_BOUNDS:
        if name in new and (name not in old or new[name] < old[name]):
            yield name
    yield from (name for name in FORMS if name in new and new[name] != old.get(name))
