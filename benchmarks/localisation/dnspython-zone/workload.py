"""A zone with balanced names, each with many addresses, is read and compared with its last version."""

import random

import dns.rdatatype
import dns.zone

NAMES = 2
ADDRESSES = 60


def setup(seed):
    rng = random.Random(seed)
    lines = ["$TTL 300", "@ IN SOA ns1 admin 1 3600 600 86400 300", "@ IN NS ns1", "ns1 IN A 192.0.2.1"]
    for number in range(NAMES):
        lines += [f"pool{number} IN A {_address(rng)}" for _ in range(ADDRESSES)]
        lines += [f"host{number} IN CNAME pool{number}", f'host{number}x IN TXT "{rng.random()}"']
    return "\n".join(lines) + "\n", [line.replace(".7", ".8") for line in lines]


def _address(rng):
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}"


def workload(state):
    text, changed = state
    zone = dns.zone.from_text(text, origin="example.org.")
    other = dns.zone.from_text("\n".join(changed) + "\n", origin="example.org.")
    report = []
    for name, rdataset in sorted(zone.iterate_rdatasets(dns.rdatatype.A), key=lambda pair: str(pair[0])):
        now = other.find_rdataset(name, dns.rdatatype.A)
        kept, gone = rdataset.intersection(now), rdataset.difference(now)
        report.append(
            (str(name), len(kept), len(gone), rdataset == now, sorted(str(one) for one in gone)[:3])
        )
    return report
