"""What loyalty reads beside its streams, and what it prints."""
