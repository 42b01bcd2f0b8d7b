"""Metrics of what flows: relays, consumers, parking. All label sets are closed: names from the declarations."""

from prometheus_client import Counter, Gauge

CONSUMED = Counter(
    "rapport_consumer_messages", "Messages by consumer and outcome (read, handled).", ["consumer", "outcome"]
)
PARKED = Counter("rapport_parked", "Messages left aside, by handler.", ["handler"])
HOLES = Counter(
    "rapport_topic_holes", "Messages dropped because earlier numbers of their partition are missing.", ["topic"]
)
LAG_SECONDS = Gauge("rapport_consumer_lag_seconds", "Age of the newest message that a consumer took.", ["consumer"])
RELAYED = Counter("rapport_relay_events", "Events that the broker acknowledged.", ["service"])
RESTARTS = Counter("rapport_restarts", "Times that a part of a worker failed and was started again.", ["part"])
