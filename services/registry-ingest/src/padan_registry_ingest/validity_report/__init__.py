"""The validity report: counts, every row in words, and the rejected rows ready to correct and send again."""
