"""What a back-dated version changes of history: shown before it is accepted, and booked afterwards."""
