"""The commands, one module each: options in, an operation called, its outcome shown."""
