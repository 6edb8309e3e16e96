"""The monthly round: which village has answered, and for whom."""
