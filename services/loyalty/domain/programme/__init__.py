"""What a programme promises its members: how much is earned, and on which terms."""
