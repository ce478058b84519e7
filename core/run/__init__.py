"""A run on disk: its experiment specification, its folder and its result."""
