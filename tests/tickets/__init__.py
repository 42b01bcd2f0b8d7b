"""The tests of tickets."""
