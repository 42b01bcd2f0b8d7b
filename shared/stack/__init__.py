"""The embedded stack: a private PostgreSQL and a private Apache Kafka, from packages."""
