"""The contact service; `service.py` is its table of contents."""
