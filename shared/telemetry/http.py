"""Metrics of HTTP, by route template: the label sets are closed."""

from prometheus_client import Counter, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

SECONDS = Histogram("rapport_http_seconds", "Time to answer.", ["route", "method"], buckets=BUCKETS)
REQUESTS = Counter("rapport_http_requests", "Requests by status class.", ["route", "method", "status"])
