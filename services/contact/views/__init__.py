"""The questions that people ask of contact, one file each."""
