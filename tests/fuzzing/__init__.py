"""Fuzzing: random requests by schema, random histories against a model, random bytes led by coverage."""
