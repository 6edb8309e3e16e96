"""`padan story`: the life of an invented family, told through the public API."""
