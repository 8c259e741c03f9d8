"""The catalog coder: rewrites that need no model, tried where the profile says it matters."""
