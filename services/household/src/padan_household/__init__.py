"""Decides every change of a household: event store, claims, keyring, relay."""
