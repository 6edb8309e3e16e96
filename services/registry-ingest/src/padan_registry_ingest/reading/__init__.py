"""Opening files from outside: in a child process with limits of its own, into frames of text."""
