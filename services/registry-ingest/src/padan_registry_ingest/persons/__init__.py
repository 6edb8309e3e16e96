"""The person index: who is in which household, as far as household.events.v1 has been read. It never decides."""
