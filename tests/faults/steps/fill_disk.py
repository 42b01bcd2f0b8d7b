"""Fill disk: the disk of PostgreSQL or of Kafka is full for a while, however much is freed there."""

import asyncio
from typing import Literal

from tests.faults.deployment import Deployment
from tests.faults.steps.step import Step, StepFailed

AGAIN_SECONDS = 0.05


class FillDisk(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fill-disk"):
    """Keep the small disk of `part` full for so many `seconds`, then free it.

    `ends`: whether the part can't go on without room, and so is to be seen ending; the keeper starts it again.
    """

    part: Literal["postgres", "kafka"]
    seconds: float
    ends: bool = False

    async def run(self, deployment: Deployment) -> None:
        disk = deployment.surroundings.disks[self.part]
        names = ["postgres"] if self.part == "postgres" else [name for name in deployment.parts if "kafka" in name]
        before = [deployment.process(name) for name in names]
        ended = False
        deployment.tell(f"the disk of {self.part} is full; {disk.free >> 20} MiB were free")
        loop = asyncio.get_running_loop()
        until = loop.time() + self.seconds
        try:
            while loop.time() < until:
                await asyncio.to_thread(disk.fill)
                ended = ended or not all(process.alive for process in before)
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            disk.free_up()
            deployment.tell(f"the disk of {self.part} has {disk.free >> 20} MiB of room again")
        if self.ends and not ended:
            raise StepFailed(f"{self.part} went on with a full disk: it was never asked to write")
