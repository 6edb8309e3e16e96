"""Reviews of matches with foreign registers."""
