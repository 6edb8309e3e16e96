"""Reviews of matches with foreign registers: opened with the facts, passed on when late, closed by people."""
