"""Files that come in pieces over a poor line: what was acknowledged is durable, and the rest is sent again."""
