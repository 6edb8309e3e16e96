"""Update months, half-year sets and disbursement stages: closing one takes a list at a cut and seals it."""
