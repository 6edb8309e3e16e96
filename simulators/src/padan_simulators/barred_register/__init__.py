"""The barred-occupation register of the demo and the tests: which NIKs belong to people aid is barred to."""
