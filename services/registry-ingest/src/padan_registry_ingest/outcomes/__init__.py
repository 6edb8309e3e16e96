"""What household decided about reported rows."""
