"""Quotas, places and waiting lists of programmes in regencies."""
