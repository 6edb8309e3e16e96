"""What waits at which tier."""
