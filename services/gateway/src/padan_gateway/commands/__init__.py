"""What people ask to be changed, on its way to household."""
