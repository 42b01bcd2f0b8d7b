"""The tables of a programme: of its versions, each as long as no later one counts instead."""

from services.loyalty.domain.programme.programme import Programme
from services.loyalty.domain.tiers.versions import InForce, Tables


def tables_of(programme: Programme) -> Tables:
    """Return the tables in the order of time; none where no version has tiers.

    At each moment the version counts that was published last of those in effect. Versions that
    don't change the tiers begin nothing new.
    """
    counting: list[InForce] = []
    for version in programme.versions:
        table = version.document.tier_table()
        if table is not None:
            counting = [item for item in counting if item.since < version.effective_from]
            counting.append(InForce(table, version.effective_from))
    return [item for place, item in enumerate(counting) if not place or item.table != counting[place - 1].table]
