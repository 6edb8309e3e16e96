"""The padan command: the local platform, files, tokens, the demo."""
