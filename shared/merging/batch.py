"""The groups of a batch's subjects: one query for all of them, once somebody asks for one."""

from collections.abc import Iterable, Mapping

from shared.merging.lookups import groups_of_many
from shared.store.postgres import Database


class BatchGroups:
    """Who is one with whom, as it is when the first of a batch's subjects is asked for."""

    def __init__(self, database: Database, subjects: Iterable[str]) -> None:
        self._database = database
        self._subjects = dict.fromkeys(subjects)

    async def members(self, subject: str) -> Mapping[str, tuple[str, ...]]:
        """Return all who are one with the subject, and so for each of the batch's; alone, it is its own group."""
        asked = [*dict.fromkeys((subject, *self._subjects))]
        self._subjects.clear()  # who is asked for after the first time isn't of the batch
        found = await groups_of_many(self._database, asked)
        return {name: found[name].members if name in found else (name,) for name in asked}
