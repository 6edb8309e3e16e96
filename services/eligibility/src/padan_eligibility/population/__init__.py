"""The second evaluator: a policy over a whole population at once, without words. It always agrees with the first."""
