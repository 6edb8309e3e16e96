"""Payment lists: made from a closed stage, ordered from a bank, its results, holds, recoveries and findings."""
