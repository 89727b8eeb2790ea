"""agentpkg in the tools that people use it with: shells, pre-commit."""
