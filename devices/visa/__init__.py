"""Waveform generators and oscilloscopes that understand SCPI, through VISA or a socket of their own."""
