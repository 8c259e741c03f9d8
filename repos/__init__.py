"""The repository under optimization: its task, trees, patches and tests."""
