"""Valid rows become reports to household, on registry.intake.v1."""
