"""Paid models: the client, what it costs, and the journal that never pays twice."""
