"""A package manager for coding agents."""

__version__ = "0.1.0"
