"""Rebuilding a projection beside the live one: read everything again, compare row by row, switch, keep a report."""
