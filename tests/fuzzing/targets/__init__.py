"""What is fuzzed by bytes: one file for each reader of something that comes from outside.

Each has `one(data)`, which returns for whatever is refused as documented, and raises for everything else.
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "corpus"
"""For each target a folder of inputs: seeds, and whatever once failed; replayed by the tests."""

NAMES = sorted(module.name for module in pkgutil.iter_modules(__path__))

Target = Callable[[bytes], None]


def target(name: str) -> Target:
    """Return the function of a target."""
    one: Target = import_module(f"{__name__}.{name}").one
    return one


def inputs(name: str) -> list[Path]:
    """Return the kept inputs of a target."""
    return sorted((CORPUS / name).iterdir())
