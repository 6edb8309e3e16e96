"""Reconciliation: a view and the store behind it are held against each other, shard by shard, by count and digest."""
