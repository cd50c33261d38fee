"""Model files: what they are, where they come from, and their graphs."""
