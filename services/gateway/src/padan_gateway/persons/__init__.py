"""A person, looked up by NIK."""
