"""Seeded deterministic simulation of deciders, relays and readers: the real rules, a model of what stands around them.

Real: the decisions of the household service, the folds of facts, decisions and views, the sequence of a shard.
Modelled: PostgreSQL (transactions, row locks, read committed), Kafka (appends, repeats, holes after a failed send, a
group that gives shards out anew) and processes (which end, sleep and wake at any step that touches a disk or a socket).
"""
