"""The rules of loyalty: a ledger of points, kept in lots."""
