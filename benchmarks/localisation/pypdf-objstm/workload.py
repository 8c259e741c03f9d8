"""A document whose objects are packed into object streams is opened and walked through."""

import io
import random

from pypdf import PdfReader

PAGES = 60
PER_STREAM = 200


def setup(seed):
    """A PDF 1.5 file written by hand: catalog, pages and annotations in object streams."""
    rng = random.Random(seed)
    objects = {1: "<< /Type /Catalog /Pages 2 0 R >>"}
    kids = [3 + 2 * number for number in range(PAGES)]
    objects[2] = f"<< /Type /Pages /Count {PAGES} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>"
    for kid in kids:
        width, height = rng.randint(300, 800), rng.randint(300, 1100)
        box, corner = f"[0 0 {width} {height}]", rng.randint(1, 99)
        objects[kid] = f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Annots [{kid + 1} 0 R] >>"
        place = f"[{corner} {corner} 200 200]"
        objects[kid + 1] = f"<< /Type /Annot /Subtype /Link /Rect {place} /Contents (note {kid}) >>"
    return _write(objects)


def _write(objects):
    numbers = sorted(objects)
    streams = [numbers[at : at + PER_STREAM] for at in range(0, len(numbers), PER_STREAM)]
    out = io.BytesIO()
    out.write(b"%PDF-1.5\n")
    entries = {}
    for number, members in enumerate(streams, numbers[-1] + 1):
        entries[number] = (1, out.tell(), 0)
        entries.update((member, (2, number, at)) for at, member in enumerate(members))
        out.write(_object_stream(number, members, objects))
    table, start = numbers[-1] + len(streams) + 1, out.tell()
    entries[table] = (1, start, 0)
    rows = b"".join(
        kind.to_bytes(1, "big") + place.to_bytes(4, "big") + at.to_bytes(2, "big")
        for kind, place, at in (entries.get(number, (0, 0, 0)) for number in range(table + 1))
    )
    head = f"<< /Type /XRef /Size {table + 1} /W [1 4 2] /Root 1 0 R /Length {len(rows)} >>"
    out.write(f"{table} 0 obj\n{head}\nstream\n".encode() + rows)
    out.write(f"\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def _object_stream(number, members, objects):
    index, position = [], 0
    for member in members:
        index.append(f"{member} {position}")
        position += len(objects[member]) + 1
    head = " ".join(index) + "\n"
    body = head + "\n".join(objects[member] for member in members)
    kind = f"<< /Type /ObjStm /N {len(members)} /First {len(head)} /Length {len(body)} >>"
    return f"{number} 0 obj\n{kind}\nstream\n{body}\nendstream\nendobj\n".encode()


def workload(data):
    reader = PdfReader(io.BytesIO(data))
    found = []
    for page in reader.pages:
        notes = [note.get_object()["/Contents"] for note in page["/Annots"]]
        found.append((float(page.mediabox.width), float(page.mediabox.height), [str(note) for note in notes]))
    return found
