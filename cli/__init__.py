"""The `hotloop` command."""
