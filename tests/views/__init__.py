"""The tests of views: rebuilt, audited, rolled back."""
