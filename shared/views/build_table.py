"""The tables of a view: the live one, the one before it, and the build beside them; made alike, swapped by name."""

import asyncpg

from shared.errors import Rejected
from shared.store.postgres import Database

LONGEST_NAME = 63
"""PostgreSQL cuts longer names off, and two of them could then be the same."""

INDEXES = """
SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition, x.indisprimary AS is_primary
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = to_regclass($1) AND x.indisvalid ORDER BY x.indisprimary DESC, i.relname
"""
OPTIONS = "SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = to_regclass($1)"
GRANTS = """
SELECT format('GRANT %s ON %I TO %s', privilege_type, $2::text,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass($1)
"""
COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


class Tables:
    """The names of one view's tables."""

    def __init__(self, live: str) -> None:
        self.live = live
        self.build = f"{live}_build"
        self.before = f"{live}_before"
        self.gone = f"{live}_gone"


async def make_build(connection: asyncpg.Connection, tables: Tables) -> None:
    """Make an empty build like the live table, without its indexes; what an earlier attempt left is dropped."""
    await drop_leftovers(connection, tables)
    options = await connection.fetchval(OPTIONS, tables.live)
    async with connection.transaction():
        # Every property but the indexes, which are cheaper to make once the rows are there.
        await connection.execute(f"CREATE TABLE {tables.build} (LIKE {tables.live} INCLUDING ALL EXCLUDING INDEXES)")
        if options:
            await connection.execute(f"ALTER TABLE {tables.build} SET ({options})")
        for row in await connection.fetch(GRANTS, tables.live, tables.build):
            await connection.execute(row[0])


async def drop_leftovers(connection: asyncpg.Connection, tables: Tables) -> None:
    """Drop what a rebuild that was killed, or has ended, leaves behind."""
    await connection.execute(f"DROP TABLE IF EXISTS {tables.build}, {tables.gone}")


async def index_build(connection: asyncpg.Connection, tables: Tables) -> None:
    """Give the build the indexes that the live table has, and the figures that the planner needs."""
    for name, definition, is_primary in await connection.fetch(INDEXES, tables.live):
        made = _renamed(name, tables.live, tables.build)
        await connection.execute(_elsewhere(definition, name, made, tables))
        if is_primary:
            await connection.execute(f"ALTER TABLE {tables.build} ADD CONSTRAINT {made} PRIMARY KEY USING INDEX {made}")
    await connection.execute(f"VACUUM (ANALYZE) {tables.build}")


async def renames(database: Database, table: str, to: str) -> list[str]:
    """Return the statements that give the indexes of `table`, named after it, the names that those of `to` have."""
    return [
        f"ALTER INDEX {row['name']} RENAME TO {_renamed(row['name'], table, to)}"
        for row in await database.fetch(INDEXES, table)
    ]


async def exists(database: Database, table: str) -> bool:
    """Tell whether there is such a table."""
    found: bool = await database.fetchval("SELECT to_regclass($1) IS NOT NULL", table)
    return found


async def same_shape(database: Database, one: str, other: str) -> bool:
    """Tell whether two tables have the same columns and types in the same order."""
    shapes = [[tuple(row) for row in await database.fetch(COLUMNS, table)] for table in (one, other)]
    return shapes[0] == shapes[1]


def _elsewhere(definition: str, name: str, made: str, tables: Tables) -> str:
    """Return the index's definition for the build: CREATE [UNIQUE] INDEX name ON [ONLY] schema.table ..."""
    head, _, rest = definition.partition(f" INDEX {name} ON ")
    target, _, method = rest.partition(" USING ")
    if not method or not target.endswith(tables.live):
        raise Rejected("index-unknown", f"the index {name} has a form that can't be copied: {definition}")
    return f"{head} INDEX {made} ON {tables.build} USING {method}"


def _renamed(name: str, table: str, to: str) -> str:
    """Return the index's name with `to` in the place of `table`, which every index of a view is named after."""
    suffix = name.removeprefix(table)
    if suffix == name:
        raise Rejected("index-misnamed", f"the index {name} of {table} must be named {table}_…, or it can't be moved.")
    if len(to + suffix) > LONGEST_NAME:
        raise Rejected("index-misnamed", f"{to + suffix} is longer than PostgreSQL's {LONGEST_NAME} characters.")
    return to + suffix
