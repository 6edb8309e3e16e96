"""Recomputes who is entitled to which social assistance, and why."""
