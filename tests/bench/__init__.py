"""Measures on the real servers: `make bench`, or `make bench ONLY=append_batched,relay`."""
