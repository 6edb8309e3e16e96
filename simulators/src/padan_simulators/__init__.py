"""Generated people, the civil registry and the barred-occupation register of the demo and the tests."""
