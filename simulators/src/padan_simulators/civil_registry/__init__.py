"""The civil registry of the demo and the tests: answers whether a person's data agree, and nothing more."""
