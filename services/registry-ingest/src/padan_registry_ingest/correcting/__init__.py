"""A corrected file is held against the one before it: what changed is taken, who is registered is not taken twice.

A row of the corrected file is the row of the file before that has its NIK; else the one that has its family card; else
the one that has its name and birth date. Rows are compared by keyed hashes: nothing of a person is kept in clear.
"""
