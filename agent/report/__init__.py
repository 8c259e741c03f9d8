"""A run, told: to a terminal, to a maintainer (Markdown) and to a browser (HTML)."""
