"""Trees, queues, graphs and streams."""

__version__ = "1.2"
