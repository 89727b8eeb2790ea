"""The catalogue page: a registry as a folder of files that any file server, or none, can show."""
