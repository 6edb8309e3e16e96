"""The rules of this service: pure functions of state and input."""
