"""Uploads with large parts that hold few line ends, parsed as they come in."""

import io
import random

from werkzeug.formparser import MultiPartParser

BOUNDARY = b"----------boundary9f1c"
PARTS = 3
SIZE = 1_500_000


def setup(seed):
    rng = random.Random(seed)
    parts = []
    for number in range(PARTS):
        body = rng.randbytes(SIZE).replace(b"\r", b"-").replace(b"\n", b"-")
        head = b'Content-Disposition: form-data; name="f%d"; filename="f%d.bin"' % (number, number)
        kind = b"Content-Type: application/octet-stream"
        start = b"\r\n".join([b"--" + BOUNDARY, head, kind, b"", b""])
        parts.append(start + b"\r\n" + body + b"\r\n")
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def workload(data):
    form, files = MultiPartParser(buffer_size=16 * 1024).parse(io.BytesIO(data), BOUNDARY, len(data))
    return [(name, len(files[name].read()), files[name].filename) for name in sorted(files)], len(form)
