"""The scoring service; `service.py` is its table of contents."""
