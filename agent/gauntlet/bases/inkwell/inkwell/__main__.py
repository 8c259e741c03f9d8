"""python -m inkwell TEXT: how many words it has."""

import sys

from inkwell.catalogue import describe
from inkwell.words import words


def main(arguments):
    if arguments[:1] == ["--catalogue"]:
        print(describe())
        return 0
    print(len(words(" ".join(arguments))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
