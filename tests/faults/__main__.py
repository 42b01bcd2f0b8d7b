"""`make faults`: run the fault plans, print what was found, and write it as JSON."""

import argparse
import asyncio
import logging

from tests.faults.plan import kept, read
from tests.faults.runner import run_plan


def main() -> None:
    """Run plans by name or from files; all that are kept by default."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--plan", action="append", help="a kept plan's name, or a file; may come several times")
    parser.add_argument("--list", action="store_true", help="list the plans that are kept")
    given = parser.parse_args()
    if given.list:
        for name in kept():
            print(f"{name:28} {read(name).about}")  # noqa: T201 - this is a program
        return
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # an outage is what is wanted here
    for name in given.plan or kept():
        asyncio.run(run_plan(read(name)))


if __name__ == "__main__":
    main()
