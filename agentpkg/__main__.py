"""Runs the command line with `python -m agentpkg`."""

from agentpkg.cli import main

if __name__ == "__main__":
    main()
