"""Old documents, whose page contents are LZW compressed, are decoded."""

import random

from pypdf._codecs._codecs import LzwCodec  # the one encoder at hand
from pypdf.filters import LZWDecode

STREAMS = 4
WORDS = (
    "Tj",
    "Td",
    "BT",
    "ET",
    "0.5",
    "12",
    "re",
    "f",
    "(the)",
    "(quick)",
    "(brown)",
    "(fox)",
    "cm",
    "q",
    "Q",
)


def setup(seed):
    rng = random.Random(seed)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(800, 2500))).encode() for _ in range(STREAMS)]
    return [LzwCodec().encode(text) for text in texts]


def workload(streams):
    return [LZWDecode.decode(stream) for stream in streams]
