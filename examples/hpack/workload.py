"""One HTTP/2 connection: the header blocks of a browsing session, encoded and decoded."""

import random

import hpack

HOSTS = ("www.example.org", "static.example.org", "api.example.net", "images.example.com")
SECTIONS = ("articles", "users", "assets", "search", "basket", "orders", "feeds")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5",
)


def _token(draw, length):
    return "".join(draw.choice("abcdefghijklmnopqrstuvwxyz0123456789-_") for _ in range(length))


def _path(draw):
    query = f"?page={draw.randint(1, 40)}&sort={draw.choice(('date', 'price', 'name'))}"
    return f"/{draw.choice(SECTIONS)}/{draw.randrange(10_000)}{draw.choice(('', query))}"


def _request(draw, agent, session):
    headers = [
        (":method", draw.choice(("GET", "GET", "GET", "POST"))),
        (":scheme", "https"),
        (":authority", draw.choice(HOSTS)),
        (":path", _path(draw)),
        ("user-agent", agent),
        ("accept", draw.choice(("*/*", "text/html", "application/json", "image/avif,image/webp"))),
        ("accept-encoding", "gzip, deflate"),
        ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
        ("cookie", "session=" + session),
    ]
    if draw.random() < 0.4:
        headers.append(("if-none-match", f'"{_token(draw, 16)}"'))
    if draw.random() < 0.3:
        headers.append(("authorization", "Bearer " + _token(draw, 48), True))
    if draw.random() < 0.3:
        headers.append(("x-request-id", _token(draw, 32)))
    return headers


def setup(seed):
    draw = random.Random(seed)
    agent = draw.choice(AGENTS)
    session = _token(draw, 40)
    return [_request(draw, agent, session) for _ in range(60)]


def workload(state):
    encoder = hpack.Encoder()
    decoder = hpack.Decoder()
    blocks = [encoder.encode(headers, huffman=True) for headers in state]
    return blocks, [[tuple(header) for header in decoder.decode(block)] for block in blocks]
