"""What code costs: where the time goes, and whether a change made it faster."""
