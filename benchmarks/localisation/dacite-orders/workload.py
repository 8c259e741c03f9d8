"""Orders that came as JSON become data classes."""

import random
from dataclasses import dataclass

from dacite import Config, from_dict

ORDERS = 9


@dataclass
class Address:
    street: str
    number: int
    floor: int | None


@dataclass
class Item:
    name: str
    price: float
    tags: list[str]
    note: str | None = None


@dataclass
class Order:
    identifier: int | str
    address: Address
    items: list[Item]
    options: dict[str, bool]
    billing: Address | None = None


def setup(seed):
    rng = random.Random(seed)
    return [_order(rng) for _ in range(ORDERS)]


def _order(rng):
    address = {"street": f"street {rng.randrange(99)}", "number": rng.randrange(200), "floor": None}
    items = [
        {"name": f"item {rng.randrange(999)}", "price": round(rng.random() * 90, 2), "tags": ["a", "b"]}
        for _ in range(rng.randint(2, 5))
    ]
    identifier = rng.choice([rng.randrange(10**6), f"N{rng.randrange(10**6)}"])
    return {
        "identifier": identifier,
        "address": address,
        "items": items,
        "options": {"gift": rng.random() < 0.5},
    }


def workload(orders):
    made = [from_dict(Order, order, Config(strict=True)) for order in orders]
    return [(one.identifier, one.address.street, sum(item.price for item in one.items)) for one in made]
