"""Mutation testing: the domain is changed in small ways, and its pure tests must notice each."""
