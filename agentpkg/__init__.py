"""A package manager for coding agents."""

__version__ = "0.1.0"
# Manifest, lock and state folder of a project.
MANIFEST = "agentpkg.toml"
LOCK = "agentpkg.lock"
STATE = ".agentpkg"
INTERRUPTED = 130  # the exit code of a command that ctrl-c ended
JSON_FORMAT = 1  # of the documents that commands print; raised if a field changes its meaning, or goes
