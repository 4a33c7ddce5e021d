"""The HTTP APIs, for programs with a key: one folder or module a vendor, over one service."""
