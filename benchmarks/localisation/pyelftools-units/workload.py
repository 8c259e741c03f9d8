"""The units of a program's debugging information are listed with their names."""

import io
import random
import struct

from elftools.elf.elffile import ELFFile

UNITS = 14
ABBREVIATIONS = bytes(
    [1, 0x11, 1, 0x25, 0x08, 0x13, 0x0B, 0x03, 0x08, 0, 0, 2, 0x2E, 0, 0x03, 0x08, 0x3A, 0x0B]
)
ABBREVIATIONS += bytes([0, 0, 0])
"""A unit with producer, language and name; a function with a name and a line."""


def setup(seed):
    rng = random.Random(seed)
    units = b"".join(_unit(rng, number) for number in range(UNITS))
    return _elf({b".debug_info": units, b".debug_abbrev": ABBREVIATIONS, b".debug_str": b"\0"})


def _unit(rng, number):
    body = struct.pack("<HIB", 4, 0, 8) + b"\1" + b"compiler\0" + bytes([12]) + b"unit%d.c\0" % number
    for _ in range(rng.randint(2, 6)):
        body += b"\2" + b"function_%d\0" % rng.randrange(1000) + bytes([rng.randrange(200)])
    body += b"\0"
    return struct.pack("<I", len(body)) + body


def _elf(sections):
    """A little-endian 64-bit ELF file with these sections."""
    names, data, table = b"\0", b"", [bytes(64)]
    for name, content in [*sections.items(), (b".shstrtab", None)]:
        start = len(names)
        names += name + b"\0"
        stored = names if content is None else content
        kind = 3 if content is None else 1
        table.append(struct.pack("<IIQQQQIIQQ", start, kind, 0, 0, 64 + len(data), len(stored), 0, 0, 1, 0))
        data += stored
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head += struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, 64 + len(data), 0, 64, 0, 0, 64, len(table), len(table) - 1
    )
    return head + data + b"".join(table)


def workload(image):
    information = ELFFile(io.BytesIO(image)).get_dwarf_info()
    found = []
    for unit in information.iter_CUs():
        top = unit.get_top_DIE()
        children = [(die.tag, die.attributes["DW_AT_name"].value) for die in top.iter_children()]
        found.append((top.attributes["DW_AT_name"].value, unit["version"], children))
    return found
