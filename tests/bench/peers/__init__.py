"""What others would do the same work with: the baselines of measures that no bare statement can be."""
