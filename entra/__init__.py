"""Everything this project sends to Microsoft, and nothing else: plain Python without Django."""
