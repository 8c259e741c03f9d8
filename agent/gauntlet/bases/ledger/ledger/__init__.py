"""Sums, sets and tables."""
