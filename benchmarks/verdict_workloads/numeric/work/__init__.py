"""A package whose cost is `knob.UNITS` times one unit; what it returns does not depend on that."""
