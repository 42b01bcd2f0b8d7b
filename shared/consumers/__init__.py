"""Consumers: from Kafka into the service's own database, each event in order and once."""
