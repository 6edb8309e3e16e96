"""Reads registration and ranking files, validates and matches them, reports."""
