"""The views: what household and eligibility events come to, ready to be read."""
