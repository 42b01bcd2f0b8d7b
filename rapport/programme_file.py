"""A programme's file, YAML or JSON, read so that nothing is guessed."""

import re
from pathlib import Path
from typing import Any

import yaml


class _Plain(yaml.SafeLoader):  # type: ignore[misc] # PyYAML carries no types
    """YAML with the words of JSON alone: `on` is a text, and so are 22:00, 2027-03-01 and 0.10, which keeps its digits.

    A key that stands twice in one mapping is refused.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own: the parent's words are left out

    def construct_mapping(self, node: Any, deep: Any = False) -> dict[Any, Any]:
        """Return a mapping, each of whose keys stands there once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value} stands here twice", problem_mark=key.start_mark)
            seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


for _tag, _words, _first in (
    ("tag:yaml.org,2002:bool", "true|false", "tf"),
    ("tag:yaml.org,2002:null", "null|~|", "n~"),
    ("tag:yaml.org,2002:int", "0|-?[1-9][0-9]*", "-0123456789"),
):
    _Plain.add_implicit_resolver(_tag, re.compile(f"^(?:{_words})$"), [*_first])


def read_programme(path: Path) -> Any:
    """Return what the file says. Raises ValueError with a sentence that names the line where it is no YAML or JSON."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Plain)  # noqa: S506 - a SafeLoader with fewer words
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        what = getattr(error, "problem", None) or type(error).__name__
        raise ValueError(f"{path} can't be read: {where}{what}") from None
