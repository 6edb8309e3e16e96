"""`make faults`: random faults on real processes, and after each round the oracle."""
