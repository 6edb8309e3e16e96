"""Reports from registry.intake.v1 are decided, in bulk, each with one outcome."""
