"""The measures of scoring: pure functions over numbers, each with its source."""
