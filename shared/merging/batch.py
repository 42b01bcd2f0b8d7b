"""The groups of a batch's subjects: one query for all of them, once somebody asks for one."""

from collections.abc import Iterable

from shared.merging.groups import Group
from shared.merging.lookups import groups_of_many
from shared.store.postgres import Database


class BatchGroups:
    """Who is one with whom, as it is when the first of a batch's subjects is asked for."""

    def __init__(self, database: Database, subjects: Iterable[str]) -> None:
        self._database = database
        self._subjects = dict.fromkeys(subjects)
        self._found: dict[str, Group] = {}

    async def members(self, subject: str) -> tuple[str, ...]:
        """Return all who are one with the subject; alone, it is its own group."""
        if subject not in self._found:
            asked = [*dict.fromkeys((subject, *(name for name in self._subjects if name not in self._found)))]
            found = await groups_of_many(self._database, asked)
            self._found |= {name: found.get(name) or Group(name, (name,)) for name in asked}
        return self._found[subject].members
