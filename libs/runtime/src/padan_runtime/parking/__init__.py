"""Parking: what a reader cannot handle waits in its database, and what comes behind it with the same key waits too.

Other households go on. An operator sends it again or drops it (`padan parked`); the reader itself does the work.
"""
