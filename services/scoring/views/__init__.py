"""The questions that people ask of scoring, one file each."""
