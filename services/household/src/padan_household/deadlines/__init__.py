"""What comes due by itself, and what happens then."""
