"""Who reads the evidence and says what to try next."""
