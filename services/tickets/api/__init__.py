"""The HTTP routes of tickets: parse, decide, answer. No rules here."""
