"""One member's points: lots, spends, reversals and debt, and how a balance came about."""
