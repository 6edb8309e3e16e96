"""What the civil registry tells of by itself."""
