"""A pool is of one programme, of whoever opened it: who belongs to another one neither joins it nor gives to it."""

from collections.abc import Iterable

from services.loyalty.domain.ledger.account import Account
from services.loyalty.domain.pools.pool import Pool
from shared.errors import Rejected


def must_belong(pool: Pool, account: Account, usual: str) -> None:
    """Refuse a member of another programme; `usual` is that of those who chose none, and of a pool that names none."""
    own, theirs = pool.programme or usual, account.programme or usual
    if theirs != own:
        raise Rejected(
            "in-another-programme",
            f"The pool is of {_named(own)}, and the member belongs to {_named(theirs)}: who share a pool belong to one"
            " programme.",
        )


def is_foreign(pool: Pool, accounts: Iterable[Account], usual: str) -> bool:
    """Tell whether someone of those who are one belongs to another programme than the pool."""
    own = pool.programme or usual
    return any((account.programme or usual) != own for account in accounts if account.enrolled)


def _named(programme: str) -> str:
    return f"programme {programme}" if programme else "the built-in programme"
