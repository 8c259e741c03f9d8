"""Metrics, one a file, each with its formula and where it comes from.

All take tasks as `counting` leaves them: quarantined tasks and infrastructure failures are
gone before, so no metric can take them for a zero.
"""
