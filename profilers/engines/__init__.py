"""How base and candidate are paired in time: one file an engine."""
