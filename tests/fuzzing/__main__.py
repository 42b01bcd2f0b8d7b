"""Fuzz by hand: `python -m tests.fuzzing targets|schemas|machines`, for as long as asked, another way each time."""

import argparse
import sys


def main() -> int:
    """Fuzz; return 1 where something was found."""
    asked = _arguments()
    if asked.what == "targets":
        # Imported here alone: what is imported before is not watched for the code that is reached.
        from tests.fuzzing.guided import fuzz
        from tests.fuzzing.targets import NAMES

        return fuzz(asked.only or NAMES, asked.seconds, asked.seed)
    from tests.fuzzing import by_hand

    return by_hand.schemas(asked) if asked.what == "schemas" else by_hand.machines(asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("what", choices=("targets", "schemas", "machines"))
    parser.add_argument("only", nargs="*", help="targets, or services; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--examples", type=int, help="for each operation, or histories for each machine")
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
