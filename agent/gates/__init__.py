"""What a candidate must pass, cheapest first."""
