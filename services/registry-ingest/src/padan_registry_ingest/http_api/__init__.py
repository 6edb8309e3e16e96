"""The addresses of this service, for the gateway only."""
