"""Who is asking: a person's token, their role and the region they act for."""
