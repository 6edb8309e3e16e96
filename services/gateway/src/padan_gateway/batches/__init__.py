"""Files of registrations, rankings and deaths: passed through to registry-ingest, which reads and validates them."""
