"""The questions that people ask of loyalty, one file each."""
