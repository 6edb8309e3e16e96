"""Objections to recipients, for those who answer them."""
