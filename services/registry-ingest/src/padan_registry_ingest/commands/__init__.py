"""Commands of people: validated here, decided by household."""
