"""What contact publishes, what it reads of the other services, and what channels send it."""
