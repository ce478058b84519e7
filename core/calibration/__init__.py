"""Excitations that bring out a system's behaviour, and the collection of the shots that a twin is fitted to."""
