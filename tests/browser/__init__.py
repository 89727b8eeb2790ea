"""The catalogue page in a real browser: `make browser`."""
