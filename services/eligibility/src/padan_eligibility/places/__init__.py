"""Who gets a place: quotas, what changed of households that may have one, and the rounds that take it up."""
