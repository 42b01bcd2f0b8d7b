"""Topics as Kafka holds them: which log a topic is, and what stands in it."""
