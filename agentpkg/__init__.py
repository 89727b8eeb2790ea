"""A package manager for coding agents."""

__version__ = "0.1.0"
JSON_FORMAT = 1  # of the documents that commands print; raised if a field changes its meaning, or goes
