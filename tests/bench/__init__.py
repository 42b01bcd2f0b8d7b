"""Tests of how figures are made: what is measured must be what is said."""
