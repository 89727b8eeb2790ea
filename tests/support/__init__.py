"""What tests share: real registries in real git repositories, and a way to run the command line."""
