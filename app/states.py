"""The words for the state of a run, with the colour token of each."""

STATES = {
    "ready": "muted",
    "loading": "warn",
    "calibrating": "warn",
    "training": "accent",
    "evaluating": "accent",
    "waiting": "warn",
    "paused": "warn",
    "stopping": "warn",
    "stopped": "muted",
    "finished": "ok",
    "failed": "bad",
}
# how a system is met, with the word on its badge; "untested" is an instrument that nobody has met yet
BADGES = {"simulated": "SIMULATED", "demo": "DEMO", "connected": "CONNECTED", "untested": "NOT TESTED"}
HOLDABLE = {"calibrating", "training", "evaluating", "waiting", "paused"}
ACTIVE = {"loading", "calibrating", "training", "evaluating", "waiting", "paused", "stopping"}
