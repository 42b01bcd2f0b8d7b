"""Every view of every service can be rebuilt: its table, indexes and names are such that a swap can move them."""

import pytest

from rapport.services import SERVICES, load
from shared.migrations import migrate
from shared.runtime.pool import connect
from shared.views.build_table import INDEXES
from shared.views.fold_processes import Where
from shared.views.rebuild import rebuild

from .conftest import NO_KAFKA


@pytest.mark.parametrize("name", SERVICES)
async def test_every_view_can_be_rebuilt(name: str, database: str) -> None:
    service = load(name)
    await migrate(service, database)
    pool = await connect(database, size=2)
    for view in service.views:
        indexes = await pool.fetch(INDEXES, view.table.name)
        result = await rebuild(service, view.name, Where(database, NO_KAFKA))
        assert (result.rows, result.changed) == (0, 0)
        assert await pool.fetch(INDEXES, view.table.name) == indexes
    await pool.close()
