"""The documentation, run: every command that a page shows, the reference, and the quick start at a terminal."""
