"""Families that move."""
