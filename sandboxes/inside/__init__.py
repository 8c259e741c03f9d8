"""What runs on the other side of the wall: dependency-free, Python 3.9 and later, started by path."""
