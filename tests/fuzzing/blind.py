"""Searching without coverage, for systems that have no atheris: kept inputs, changed by dice."""

import random

from tests.fuzzing.targets import inputs, target

MOST_CHANGES = 4
SNIPPETS = (
    b"\\u0000",
    b"\\n",
    b"\xb2",
    b"sealed.1.",
    b"null",
    b"-0",
    b"1e999",
    b"9" * 30,
    b"[]",
    b"{}",
    b"%00",
    b"\xff",
)


def search(name: str, rounds: int, seed: int) -> None:
    """Give a target so many changed inputs. Raises what it raised, with the input in a note."""
    dice, one = random.Random(seed), target(name)
    kept = [path.read_bytes() for path in inputs(name)]
    for _ in range(rounds):
        data = bytearray(dice.choice(kept))
        for _ in range(dice.randint(1, MOST_CHANGES)):
            _change(data, dice)
        try:
            one(bytes(data))
        except Exception as error:
            error.add_note(f"{name} was given {bytes(data)!r}")
            raise


def _change(data: bytearray, dice: random.Random) -> None:
    place, length = dice.randint(0, len(data)), dice.randint(0, 3)
    new = dice.choice((*SNIPPETS, bytes([dice.randrange(256)]), bytes(data[: dice.randint(0, 40)])))
    data[place : place + length] = new
