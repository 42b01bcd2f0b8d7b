"""The loyalty service; `service.py` is its table of contents."""
