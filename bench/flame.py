"""A flame graph as one small SVG without scripts: a box for each function, as wide as its share of the samples.

The picture is Brendan Gregg's ("The Flame Graph", Communications of the ACM
59(6), 2016), callers below. Nothing in it names the machine that it was made on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from zlib import crc32

from msgspec import Struct

from bench.sampled import Stacks

WIDTH, ROW, CHARACTER = 1200, 17, 6.6
SMALLEST = 0.002
"""Of all samples: what is narrower is left out, and the picture stays small."""

PYTHON = re.compile(r"^(?P<name>.+) \((?P<file>[^()]*\.py):\d+\)$")
NATIVE = re.compile(r"^(?P<name>[A-Za-z_].*) \((?P<file>[^()]*)\)$")
SKIPPED = re.compile(
    r"^(process|thread) \S+|^<module>|runpy|^0x[0-9a-f]+"
    r"|\((typer/|click/|rapport/|asyncio/(runners|base_events|events)\.py|uvloop/|bench/(main|profiles)\.py)"
)
"""What only starts the rest: how a program comes to its event loop says nothing about where its time goes."""


class Node(Struct):
    """A function in the place where it was called from: its samples, and what it called."""

    samples: int = 0
    calls: dict[str, "Node"] = {}


class Box(Struct, frozen=True):
    """A function's place in the picture: from where to where, of all samples, how many calls above the bottom."""

    name: str
    start: float
    share: float
    depth: int


def frames(stack: Sequence[str]) -> list[str]:
    """Return a stack's functions by `name (file)`, without paths of this machine; of compiled ones the innermost."""
    kept: list[str] = []
    native = None
    for frame in stack:
        if SKIPPED.search(frame):
            continue
        if found := PYTHON.match(frame):
            kept.append(f"{found['name']} ({_short(found['file'])})")
            native = None
        elif found := NATIVE.match(frame):
            if native is not None:
                kept.pop()
            native = found["name"]
            kept.append(f"{native} ({_library(found['file'])})")
    return kept


def drawn(stacks: Stacks, title: str) -> str:
    """Return the SVG. ValueError: there are no samples."""
    root = _tree(stacks)
    if not root.samples:
        raise ValueError("no samples: what was measured took too short")
    boxes = list(_boxes(root, root.samples, 0.0, 0))
    depth = max((box.depth for box in boxes), default=0) + 1
    height = (depth + 2) * ROW
    shown = "".join(_shape(box, height) for box in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' font-family="monospace" font-size="11">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="4" y="13">{escape(title)}: {root.samples:,} samples; hover for shares</text>{shown}</svg>\n'
    )


def shares(stacks: Stacks, most: int) -> list[tuple[str, float, float]]:
    """Return (function, share with what it calls, share by itself) of the functions with the largest own shares."""
    total = sum(stacks.values())
    whole: dict[str, int] = {}
    own: dict[str, int] = {}
    for stack, count in stacks.items():
        kept = frames(stack)
        for name in set(kept):
            whole[name] = whole.get(name, 0) + count
        if kept:
            own[kept[-1]] = own.get(kept[-1], 0) + count
    ordered = sorted(own.items(), key=lambda item: -item[1])[:most]
    return [(name, whole[name] / total, count / total) for name, count in ordered]


def _tree(stacks: Mapping[tuple[str, ...], int]) -> Node:
    root = Node()
    for stack, count in stacks.items():
        at = root
        at.samples += count
        for frame in frames(stack):
            at = at.calls.setdefault(frame, Node())
            at.samples += count
    return root


def _boxes(node: Node, total: int, start: float, depth: int) -> Iterator[Box]:
    for name, child in sorted(node.calls.items()):
        share = child.samples / total
        if share >= SMALLEST:
            yield Box(name, start, share, depth)
            yield from _boxes(child, total, start, depth + 1)
        start += share


def _shape(box: Box, height: int) -> str:
    x, width = box.start * WIDTH, box.share * WIDTH
    y = height - (box.depth + 1) * ROW - 2
    room = int(width / CHARACTER) - 1
    label = box.name if len(box.name) <= room else f"{box.name[: room - 1]}…" if room > 3 else ""
    text = f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(label)}</text>' if label else ""
    return (
        f'<g><title>{escape(box.name)}: {box.share:.1%}</title><rect x="{x:.1f}" y="{y}"'
        f' width="{max(width - 0.5, 0.3):.1f}" height="{ROW - 1}" fill="{_colour(box.name)}"/>{text}</g>'
    )


def _colour(name: str) -> str:
    """Ours orange, libraries yellow, compiled code blue; a shade of its own for each name."""
    shade = crc32(name.encode()) % 40
    if "(shared/" in name or "(services/" in name or "(bench/" in name:
        return f"hsl(20 85% {62 + shade // 4}%)"
    return f"hsl(50 80% {66 + shade // 4}%)" if name.endswith(".py)") else f"hsl(205 60% {68 + shade // 4}%)"


def _short(file: str) -> str:
    """Return a Python file by its package, as py-spy does where it can; of one elsewhere the name alone."""
    packaged = file.rpartition("site-packages/")[2]
    return packaged.rpartition("/")[2] if packaged.startswith("/") else packaged


def _library(file: str) -> str:
    """Return a library's or a source's own name, without folder and line."""
    return file.rpartition("/")[2].split(":")[0].split(".cpython")[0]
