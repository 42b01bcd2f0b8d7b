"""`make faults`: run fault plans, print what was found, and write it as JSON. Exit code 1 when a promise was broken."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.faults.long_run import long_run
from tests.faults.plan import Plan, PlanInvalid, kept, read
from tests.faults.report import Report
from tests.faults.runner import deployed
from tests.faults.surroundings import why_not_here


def main() -> int:
    """Run plans by name or from files, or the long run; by default all plans that are kept."""
    given = _arguments()
    try:
        named = [read(name) for name in given.plan or ([] if given.kills else kept())]
    except PlanInvalid as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is a program
        return 2
    if given.list:
        for plan in named:
            print(f"{plan.name:32} {plan.about}")  # noqa: T201 - this is a program
        return 0
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # an outage is what is wanted here
    report = Report(given.seed, given.json)
    asyncio.run(run_all([*named, *long_run(given.kills, given.seed)], report))
    return 0 if all(result.passed for result in report.results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--plan", action="append", metavar="NAME|FILE", help="a kept plan, or a file; may come again")
    parser.add_argument("--list", action="store_true", help="list the plans that are kept")
    parser.add_argument("--kills", type=int, default=0, help="the long run, of so many kills")
    parser.add_argument("--seed", type=int, default=1, help="the long run's choices")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there, anew after each plan")
    return parser.parse_args()


async def run_all(plans: Sequence[Plan], report: Report) -> None:
    """Run the plans in order; neighbours of one shape share a deployment, until one of them fails."""
    for shape, group in groupby(plans, key=lambda plan: plan.deployment):
        rest = list(group)
        if reason := why_not_here(shape):
            report.skip(rest, reason)
            continue
        while rest:
            async with deployed(shape, seed=rest[0].seed, tell=report.say) as runner:
                while rest:
                    plan = rest.pop(0)
                    report.say(f"{plan.name}: {plan.about}")
                    report.take(await runner.run(plan))
                    if not report.results[-1].passed:
                        break


if __name__ == "__main__":
    sys.exit(main())
