"""Policies of programmes: read, drafted, reviewed and published, by eligibility behind this door."""
