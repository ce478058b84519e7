"""NI-DAQmx cards: a waveform out and a record in by one card's clock, here or behind NI's gRPC device server."""
