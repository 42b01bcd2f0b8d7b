"""The rules of tickets: complaints, their promises, and how they end."""
