"""A log of addresses: how often was which registered domain asked for?"""

import random
from collections import Counter

from tldextract import TLDExtract

LINES = 1200
SUFFIXES = [
    "com",
    "org",
    "net",
    "co.uk",
    "com.au",
    "de",
    "fr",
    "co.jp",
    "gov.br",
    "io",
    "github.io",
    "xn--p1ai",
    "s3.amazonaws.com",
]


def setup(seed):
    rng = random.Random(seed)
    extract = TLDExtract(cache_dir=None, suffix_list_urls=())
    extract("www.example.org")
    return extract, [_address(rng) for _ in range(LINES)]


def _address(rng):
    hosts = rng.choices(["www", "mail", "a", "static", "eu-west", "cdn"], k=rng.randint(0, 3))
    name = f"site{rng.randrange(300)}"
    host = ".".join([*hosts, name, rng.choice(SUFFIXES)])
    user = "user:word@" if rng.random() < 0.05 else ""
    port = ":8443" if rng.random() < 0.1 else ""
    return f"{rng.choice(['http', 'https', 'ftp'])}://{user}{host}{port}/path/{rng.randrange(10**6)}?q=1#top"


def workload(state):
    extract, addresses = state
    found = [extract(address) for address in addresses]
    domains = Counter(one.registered_domain for one in found)
    return domains.most_common(20), sorted({one.suffix for one in found}), found[-1].fqdn
