"""The fault harness: real processes under load, faults by plan, and a ledger that would notice what goes wrong."""
