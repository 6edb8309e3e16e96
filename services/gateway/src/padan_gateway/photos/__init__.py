"""Photos of households: sent in, listed, and looked at for a stated purpose."""
