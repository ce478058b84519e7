"""What is written of runs for others to read."""
