"""Photos of households: received, developed in a child process, sealed, kept, compared, given back."""
