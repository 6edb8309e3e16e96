"""Judging rows by themselves and against each other, vectorized: a file has up to some hundred thousand of them."""
