"""Pages that lay out widgets and connect them."""
