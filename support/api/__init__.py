"""What applications call: their denied calls come in here, by a key and without a session."""
