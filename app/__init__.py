"""The composition root: the command line and the Qt window."""
