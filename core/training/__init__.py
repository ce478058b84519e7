"""The trainer, its gradient estimators, the events it emits and the token that commands it."""
