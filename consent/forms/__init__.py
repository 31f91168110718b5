"""Forms of the staff's pages: what was typed, and one sentence for what is wrong with it."""
