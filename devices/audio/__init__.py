"""Sound cards: a speaker that plays the drive, a microphone that hears the response, and a chirp that aligns them."""
