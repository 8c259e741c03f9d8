"""Evaluation: what is kept of each scored patch, and what is made of many of them.

A benchmark's score is only as good as its rules for what did not go as planned. Here each
result belongs to one of four classes; tasks that this machine cannot decide are left out of
every metric by one rule, in `counting`, and listed.
"""
