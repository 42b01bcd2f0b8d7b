"""Which fields of a struct are personal, found once for each type, and how their texts are replaced."""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, structs

from shared.privacy.personal import PERSONAL, is_sealed

T = TypeVar("T")
Replace = Callable[[str, str], str]
"""(path of the field, its text) -> the text to stand there instead."""


_found: dict[Any, tuple[str, ...]] = {}
"""What was found for each type: a type's fields never change."""


def personal_fields(type_: Any) -> tuple[str, ...]:
    """Return the fields of a struct that are personal or hold something personal; none for other types."""
    known = _found.get(type_)
    if known is None:
        known = _found[type_] = _personal_fields(type_)
    return known


_flat: dict[Any, tuple[str, ...] | None] = {}


def flat_fields(type_: Any) -> tuple[str, ...] | None:
    """Return the personal fields where each of them is a text or None; None where some lie deeper."""
    if type_ not in _flat:
        names = personal_fields(type_)
        hints = get_type_hints(type_) if names else {}
        plain = all(set(get_args(hints[name]) or (hints[name],)) <= {str, type(None)} for name in names)
        _flat[type_] = names if plain else None
    return _flat[type_]


def _personal_fields(type_: Any) -> tuple[str, ...]:
    if not (isinstance(type_, type) and issubclass(type_, Struct)):
        return ()
    hints = get_type_hints(type_, include_extras=True)
    return tuple(name for name in type_.__struct_fields__ if _holds(hints[name], (type_,)))


def _holds(hint: Any, above: tuple[type[Any], ...]) -> bool:
    if get_origin(hint) is Annotated and PERSONAL in get_args(hint)[1:]:
        return True
    if isinstance(hint, type) and issubclass(hint, Struct):
        if hint in above:
            return False
        inner = get_type_hints(hint, include_extras=True)
        return any(_holds(inner[name], (*above, hint)) for name in hint.__struct_fields__)
    return any(_holds(part, above) for part in get_args(hint)) if _is_composed(hint) else False


def _is_composed(hint: Any) -> bool:
    origin = get_origin(hint)
    return origin in (Union, UnionType, Annotated) or (
        isinstance(origin, type) and issubclass(origin, list | tuple | Mapping)
    )


def replaced(value: T, replace: Replace) -> T:
    """Return a struct with every personal text replaced; the struct itself when nothing of it is another."""
    names = personal_fields(type(value))
    if not names:
        return value
    changes = {}
    for name in names:
        before = getattr(value, name)
        after = replace(name, before) if isinstance(before, str) else _replaced(before, name, replace)
        if after is not before:
            changes[name] = after
    if not changes:
        return value
    changed: T = structs.replace(value, **changes)  # type: ignore[type-var] # only structs have personal fields
    return changed


def _replaced(value: Any, path: str, replace: Replace) -> Any:
    if isinstance(value, str):
        return replace(path, value)
    if isinstance(value, Struct):
        return replaced(value, lambda inner, text: replace(f"{path}.{inner}", text))
    if isinstance(value, list | tuple):
        return type(value)(_replaced(item, f"{path}.{place}", replace) for place, item in enumerate(value))
    if isinstance(value, dict):
        return {name: _replaced(item, f"{path}.{name}", replace) for name, item in value.items()}
    return value


def personal_texts(value: Any) -> list[str]:
    """Return every personal text of a struct."""
    return [text for name in personal_fields(type(value)) for text in _texts(getattr(value, name), name)]


def _texts(value: Any, name: str) -> list[str]:
    found: list[str] = []

    def note(_: str, text: str) -> str:
        found.append(text)
        return text

    _replaced(value, name, note)
    return found


def must_be_sealed(event: object) -> None:
    """Raise TypeError when a personal text of the event is in clear: it would be written where none can erase it."""
    for name in personal_fields(type(event)):
        value = getattr(event, name)
        if value is None or (isinstance(value, str) and is_sealed(value)):
            continue
        if not isinstance(value, str) and all(map(is_sealed, _texts(value, name))):
            continue
        raise TypeError(f"{type(event).__name__} has a personal text in clear: seal it before it is appended")
