"""Attacks: hostile inputs with their harmless twins, and git behind its fence (make hostile)."""
