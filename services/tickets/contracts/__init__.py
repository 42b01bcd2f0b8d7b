"""What tickets publishes, and what it reads of others."""
