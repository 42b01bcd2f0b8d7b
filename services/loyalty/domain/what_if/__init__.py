"""What would have become of a period of real history under other rules: played by the ledger's own functions."""
