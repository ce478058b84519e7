"""Tasks: data sets with leak-free splits, and the digital baselines that every result stands beside."""
