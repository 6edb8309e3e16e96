"""Matches of foreign registers (civil servants, wages, companies, pensions) with people of the register."""
