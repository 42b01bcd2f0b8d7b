"""The questions that people ask of tickets, one file each."""
