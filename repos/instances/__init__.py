"""Instances of performance tasks: one schema, read strictly, and other benchmarks' files turned into it."""

from hotloop.repos.instances.importing import import_instances
from hotloop.repos.instances.reading import dump_instances, read_instances
from hotloop.repos.instances.schema import Instance

__all__ = ["Instance", "dump_instances", "import_instances", "read_instances"]
