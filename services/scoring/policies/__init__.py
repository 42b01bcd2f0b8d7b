"""Scoring gives no commands on others' events yet: it counts, and is asked to run."""
