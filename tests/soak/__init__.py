"""Many processes at once, with kills, and random histories (make soak)."""
