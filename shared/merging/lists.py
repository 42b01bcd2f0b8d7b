"""Merged subjects in lists: rows stay as they are; whoever reads them sees the root, and finds all members."""

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Column, MetaData, ScalarSelect, Table, Text, cast, select

from shared.merging.groups import group

_MERGED = Table("merged_subject", MetaData(), Column("subject", Text), Column("root", Text))


def root_of(column: Column[Any]) -> ScalarSelect[Any]:
    """Return the expression for who stands for the subject in `column`; NULL where it stands alone."""
    return select(_MERGED.c.root).where(_MERGED.c.subject == cast(column, Text)).scalar_subquery()


async def fellows(database: asyncpg.Pool, subject: UUID) -> list[UUID]:
    """Return every member of the subject's group, itself at least."""
    return [UUID(member) for member in (await group(database, str(subject))).members]
