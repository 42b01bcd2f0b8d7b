"""Tests of the embedded stack and of the commands that run it."""
