"""Policies: published once on the programme log, and folded from it by every worker."""
