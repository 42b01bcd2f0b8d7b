"""Views: rows folded from events, one for each question that people ask."""
