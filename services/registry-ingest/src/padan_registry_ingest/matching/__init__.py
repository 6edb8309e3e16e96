"""Asking the civil registry and the register of barred occupations."""
