"""A scraper's selectors over a page of results."""

import random

import bs4
import soupsieve

RESULTS = 40
SELECTORS = [
    "div.result > h3 a[href^='https']",
    "ul li:nth-child(2n) span.tag",
    "div:has(> p.price):not(.sold) .name",
    "p ~ ul > li:first-child",
]


def setup(seed):
    rng = random.Random(seed)
    blocks = "".join(_block(rng, number) for number in range(RESULTS))
    return bs4.BeautifulSoup(f"<html><body><div id='main'>{blocks}</div></body></html>", "html.parser")


def _block(rng, number):
    sold = " sold" if rng.random() < 0.3 else ""
    items = "".join(
        f"<li><span class='{rng.choice(['tag', 'mark'])}'>{rng.randrange(99)}</span></li>" for _ in "123"
    )
    scheme = rng.choice(["http", "https"])
    return (
        f"<div class='result{sold}'><h3><a href='{scheme}://example.org/{number}'>result</a></h3>"
        f"<p class='price'>{rng.randrange(500)}</p><p class='name'>thing {number}</p><ul>{items}</ul></div>"
    )


def workload(page):
    return [[tag.get_text() for tag in soupsieve.select(selector, page)] for selector in SELECTORS]
