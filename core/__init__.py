"""The engine: physics-aware training, models, twins, networks, tasks, training and runs. No Qt, no instruments."""
