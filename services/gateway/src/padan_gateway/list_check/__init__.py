"""A list held against the register, for an agency before it delivers its programme. Read only."""
