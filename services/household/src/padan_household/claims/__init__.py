"""Who holds which NIK: one NIK, one household, guaranteed by the transaction that appends."""
