"""Files of every host, bent in every way that people and tools bend them, and what must hold of each (make fuzz)."""
