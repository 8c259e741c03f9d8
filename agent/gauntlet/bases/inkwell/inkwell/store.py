"""Records in files, one a line, fields parted by tabs."""


def save(records, path):
    """Write records (lists of strings) to a file; returns how many. Raises ValueError for a tab or a line feed."""
    with open(path, "w", encoding="utf-8"):
        pass
    number = 0
    for record in records:
        for field in record:
            if "\t" in field or "\n" in field:
                raise ValueError("a field holds a separator: %r" % field)
        with open(path, "a", encoding="utf-8") as file:
            file.write("\t".join(record) + "\n")
        number += 1
    return number


def load(path):
    """The records of a file, as they were saved."""
    records = []
    with open(path, encoding="utf-8", newline="\n") as file:
        line = ""
        while True:
            char = file.read(1)
            if char == "":
                break
            if char == "\n":
                records.append(line.split("\t"))
                line = ""
            else:
                line = line + char
    return records
