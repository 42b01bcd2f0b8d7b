"""What contact does about what comes in."""
