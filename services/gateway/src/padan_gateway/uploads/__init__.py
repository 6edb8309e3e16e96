"""Files over a poor line, in pieces; each acknowledged byte is kept (tus 1.0: core, creation, termination, expiry)."""
