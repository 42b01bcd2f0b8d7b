"""Timers: what is due takes effect when it is due, exactly once, whatever crashes, however many workers there are."""
