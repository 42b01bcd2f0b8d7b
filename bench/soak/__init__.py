"""The soak: everything at once for a long time at a share of its capacity, and a judgement whether it stays flat."""
