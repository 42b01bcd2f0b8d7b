"""The declaration of a view: one question, one table, one pure function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Table

from shared.events import Catalogue
from shared.store.contract import Recorded

R = TypeVar("R")


@dataclass(frozen=True)
class View(Generic[R]):
    """Rows of `table`, each the fold by `project` of the events that `key` sends to it.

    `row` is a frozen msgspec struct whose fields are the table's columns, in
    order, the first of them the primary key. `key(event)` returns that key, or
    None where the event doesn't concern the view. `project(row, event)` is pure
    and returns the row after the event; None removes it. Events of one key that
    come from one service arrive in order; between services no order holds, so
    `project` must give the same row for any interleaving of them.

    Rows that are written once and never read back by `project` set `append_only`.

    Where subjects may be merged, `combine(rows, root)` tells what is shown instead
    of the rows of all members of a group, which are the folds of each member's own
    events: rows such as `root` alone would have, under its keys. It is pure and
    doesn't depend on the order of `rows`. An undone merge shows each member's own
    rows again. A row's subject is its key as text; where it isn't, `subject` names
    the column that holds it, and the subject of the row's events is the same.
    """

    name: str
    table: Table
    row: type[R]
    reads: Sequence[Catalogue]
    key: Callable[[Recorded], Any | None]
    project: Callable[[R | None, Recorded], R | None]
    append_only: bool = False
    combine: Callable[[Sequence[R], str], Sequence[R]] | None = None
    subject: str | None = None

    def __post_init__(self) -> None:
        if self.append_only and self.combine:
            raise TypeError(f"{self.name} is append-only: its rows can't be combined")
