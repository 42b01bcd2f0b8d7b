"""What keeps the embedded stack from starting, in one sentence that says what to do."""


class StackError(Exception):
    """The stack can't be started or stopped; the message is for the person at the terminal."""
