"""What the civil registry says happened to people: by notification, by its feed, by a file; one rule for deaths."""
