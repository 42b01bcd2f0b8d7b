"""Look-ups of groups that come while one is under way share the next query: most subjects are in none."""

import asyncio
from collections.abc import Mapping, Sequence

from shared.merging.groups import Group
from shared.store.postgres import Database

PRESENT_OF_MANY = """
SELECT own.subject, own.root, member.subject
FROM merged_subject own JOIN merged_subject member ON member.root = own.root
WHERE own.subject = ANY($1::text[]) ORDER BY own.subject, member.subject
"""


class Lookups:
    """The groups of one service's subjects, as they are now; see `shared.merging.group`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, asyncio.Future[Group]] = {}
        self._task: asyncio.Task[None] | None = None

    async def group(self, subject: str) -> Group:
        """Return the group of `subject` as it is at a moment after the call; alone, it is its own group."""
        loop = asyncio.get_running_loop()
        if subject not in self._waiting:
            self._waiting[subject] = loop.create_future()
        found = self._waiting[subject]
        if self._task is None:
            self._task = loop.create_task(self._look())
        return await asyncio.shield(found)  # others may wait for it, too

    async def _look(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                await self._answer(asked)
        finally:
            self._task = None

    async def _answer(self, asked: Mapping[str, "asyncio.Future[Group]"]) -> None:
        try:
            found = await groups_of_many(self._database, list(asked))
        except Exception as error:
            for future in asked.values():
                future.set_exception(error)
                future.exception()  # whoever asked may have gone: nobody has to take it
        else:
            for subject, future in asked.items():
                future.set_result(found.get(subject) or Group(subject, (subject,)))


async def groups_of_many(database: Database, subjects: Sequence[str]) -> Mapping[str, Group]:
    """Return the groups of those of the subjects who have company, as they are now."""
    rows = await database.fetch(PRESENT_OF_MANY, subjects)
    roots = {subject: root for subject, root, _ in rows}
    return {
        subject: Group(root, tuple(member for owner, _, member in rows if owner == subject))
        for subject, root in roots.items()
    }
