"""One file a node: state in, update out."""
