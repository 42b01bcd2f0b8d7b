"""Privacy: personal values sealed under their subject's key, and everything unreadable once that key is gone."""
