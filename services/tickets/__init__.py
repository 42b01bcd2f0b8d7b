"""The tickets service; `service.py` is its table of contents."""
