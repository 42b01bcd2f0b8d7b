"""The questions that people ask across tickets, one file each."""
