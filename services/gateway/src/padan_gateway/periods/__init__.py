"""Update months, half-year sets and disbursement stages: their sealed lists, and what differs between two."""
