"""A process that fires the alarms of the database it is given, and dawdles between the append and the commit."""

import asyncio
import sys
from typing import Any

from shared.runtime.pool import connect
from shared.timers.firing import Firing
from tests.kernel.alarm_clocks import AlarmClocks

_wake = Firing._wake


async def _dawdle(self: Firing, *args: Any) -> Any:
    await _wake(self, *args)
    sys.stdout.write("appended\n")
    sys.stdout.flush()
    await asyncio.sleep(600)


async def main(database: str) -> None:
    """Fire, and never come to the commit."""
    setattr(Firing, "_wake", _dawdle)  # noqa: B010 - this process exists to be killed at this point
    await AlarmClocks(await connect(database, size=2)).timers().fire()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
