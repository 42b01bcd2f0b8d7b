"""Rewards: what points buy, at which price, how much of it there is, and who has reserved some."""
