"""The clients: one module each, named after its host in `agentpkg.hosts`."""
