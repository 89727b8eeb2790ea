"""Operations: one module each, from a project and options to an outcome. The command line is a thin layer above."""
