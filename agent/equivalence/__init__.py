"""Whether changed functions still do what they did: recorded calls, generated inputs, side effects."""
