"""Files of registrations and rankings: passed through to registry-ingest, which reads and validates them."""
