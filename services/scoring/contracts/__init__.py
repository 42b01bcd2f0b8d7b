"""What scoring publishes, and what it reads of the other services."""
