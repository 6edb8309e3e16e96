"""From household events to facts, and from facts to decisions, in one transaction."""
