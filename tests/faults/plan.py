"""A plan: what load runs, on what deployment, which faults come when, and what they may cause."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tests.faults.shape import Shape
from tests.faults.steps import STEPS
from tests.faults.steps.step import Step

FOLDER = Path(__file__).parent / "plans"

Share = Annotated[float, Meta(ge=0, le=1)]


class PlanInvalid(Exception):
    """The plan can't be run; the message says what is wrong with it and where."""


class Load(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Commands begun each second (open loop), for at least so many seconds and until the last step is done.

    Of the touchpoints, the share `kafka` goes through Kafka, the others through HTTP, and the share `hot` is of one
    and the same customer. Of all commands, the share `poison` are touchpoints that can't be taken.
    """

    rate: Annotated[float, Meta(gt=0, le=2000)] = 25.0
    seconds: Annotated[float, Meta(ge=0)] = 15.0
    customers: Annotated[int, Meta(ge=1, le=100_000)] = 40
    kafka: Share = 0.5
    hot: Share = 0.0
    poison: Share = 0.0


class Allows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the plan's faults may cause. By default a command's outcome may stay unknown for a while, nothing else.

    `failed`: whether a request may fail, or stay unanswered, at its first attempt.
    `parked`: how many messages may be parked beside those that the load means to be.
    `seconds`: how long everything may take to catch up after the last step and the last command.
    """

    failed: bool = True
    parked: int = 0
    seconds: float = 180.0


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run: `seed` decides every choice that load and steps make. Those that are `short` run in `make test`."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    about: str = ""
    seed: int = 1
    short: bool = False
    load: Load = Load()
    deployment: Shape = Shape()
    steps: Sequence[Step] = ()
    allows: Allows = Allows()


class _Raw(Plan, frozen=True, kw_only=True, forbid_unknown_fields=True):
    steps: Sequence[msgspec.Raw] = ()  # type: ignore[assignment] # decoded in a second pass, by the kinds that there are


def decode(text: bytes) -> Plan:
    """Return the plan in JSON text. Raises PlanInvalid."""
    try:
        raw = msgspec.json.decode(text, type=_Raw)
    except msgspec.MsgspecError as error:
        raise PlanInvalid(str(error)) from None
    steps = [_step(place, bytes(item)) for place, item in enumerate(raw.steps)]
    fields = {name: getattr(raw, name) for name in Plan.__struct_fields__}
    return Plan(**{**fields, "steps": steps})


def _step(place: int, text: bytes) -> Step:
    kinds: Any = STEPS[0]
    for kind in STEPS[1:]:
        kinds |= kind
    try:
        step: Step = msgspec.json.decode(text, type=kinds)
    except msgspec.MsgspecError as error:
        raise PlanInvalid(f"steps[{place}]: {error}") from None
    if (step.at is None) == (step.after is None):
        raise PlanInvalid(f"steps[{place}]: say when, either `at` (seconds) or `after` (acknowledged commands)")
    return step


def kept() -> list[str]:
    """Return the names of the plans that are kept."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def read(name_or_file: str) -> Plan:
    """Return a kept plan by its name, or the plan in a file. Raises PlanInvalid."""
    file = FOLDER / f"{name_or_file}.json"
    if not file.exists():
        file = Path(name_or_file)
    if not file.is_file():
        raise PlanInvalid(f"there is no plan {name_or_file!r}: name a file, or one of {', '.join(kept())}")
    try:
        return decode(file.read_bytes())
    except PlanInvalid as error:
        raise PlanInvalid(f"{file.name}: {error}") from None
