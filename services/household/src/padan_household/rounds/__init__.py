"""The rounds of a month are opened by themselves."""
