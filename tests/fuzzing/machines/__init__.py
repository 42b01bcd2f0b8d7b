"""Histories of requests that Hypothesis makes up, each beside a model of what must be answered."""
