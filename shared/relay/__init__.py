"""The relay: from the log to Kafka, in one order made once."""
