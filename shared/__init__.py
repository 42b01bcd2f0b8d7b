"""The kernel: what every service stands on, without one business word."""
