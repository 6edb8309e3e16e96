"""What a household is entitled to, and why."""
