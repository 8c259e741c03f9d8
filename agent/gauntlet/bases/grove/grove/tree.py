"""A search tree."""


class Node:
    """A key with smaller keys to the left and larger ones to the right."""

    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None


class Tree:
    """A set of keys in order. Iteration is lazy: a loop that ends early visits no more than it asked for."""

    def __init__(self, keys=()):
        self.root = None
        for key in keys:
            self.add(key)

    def add(self, key):
        """Put a key in; False if it was there."""
        if self.root is None:
            self.root = Node(key)
            return True
        node = self.root
        while True:
            if key == node.key:
                return False
            if key < node.key:
                if node.left is None:
                    node.left = Node(key)
                    return True
                node = node.left
            else:
                if node.right is None:
                    node.right = Node(key)
                    return True
                node = node.right

    def __iter__(self):
        yield from self._walk(self.root)

    def _walk(self, node):
        if node is not None:
            yield from self._walk(node.left)
            yield node.key
            yield from self._walk(node.right)

    def __len__(self):
        return len([key for key in self])

    def __contains__(self, key):
        return key in list(self)

    def height(self):
        """How many keys lie on the longest way down."""

        def below(node):
            if node is None:
                return 0
            if below(node.left) > below(node.right):
                return below(node.left) + 1
            return below(node.right) + 1

        return below(self.root)

    def smallest(self):
        """The smallest key. Raises KeyError for an empty tree."""
        keys = list(self)
        if not keys:
            raise KeyError("the tree is empty")
        return keys[0]

    def between(self, low, high):
        """The keys from `low` up to but without `high`, in order, one by one."""
        for key in self:
            if low <= key < high:
                yield key
