"""A household by its id, and the households of a region."""
