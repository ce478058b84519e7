"""Networks whose layers are physical shots: encoders, physical layers, read-outs and their composition."""
