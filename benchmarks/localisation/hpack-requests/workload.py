"""The headers of a page's requests are encoded on one connection and read on the other side."""

import random

from hpack import Decoder, Encoder

REQUESTS = 45
PATHS = 20


def setup(seed):
    rng = random.Random(seed)
    paths = [f"/assets/{rng.randrange(10**6)}/part-{number}.js" for number in range(PATHS)]
    return [_request(rng, rng.choice(paths)) for _ in range(REQUESTS)]


def _request(rng, path):
    return [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "www.example.org"),
        (":path", path),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101"),
        ("accept", rng.choice(["*/*", "text/css,*/*;q=0.1", "image/avif,image/webp"])),
        ("accept-language", "en-GB,en;q=0.5"),
        ("accept-encoding", "gzip, deflate"),
        ("referer", "https://www.example.org/"),
        ("cookie", f"session={rng.randrange(10**12):x}"),
        ("cache-control", "no-cache"),
        ("if-none-match", f'"{rng.randrange(10**8):x}"'),
        ("x-request-id", f"{rng.randrange(10**10)}"),
    ]


def workload(requests):
    encoder, decoder = Encoder(), Decoder()
    sizes, read = [], []
    for request in requests:
        block = encoder.encode(request)
        sizes.append(len(block))
        read.append([tuple(header) for header in decoder.decode(block)])
    return sizes, read[-1], read == requests
