"""A name server's morning: read a zone, answer queries on the wire, read the answers back."""

import random

import dns.message
import dns.rrset
import dns.zone

HOSTS = ("www", "mail", "api", "static", "ns1", "ns2", "shop", "vpn", "git", "wiki", "cdn", "db", "_dmarc")
HEAD = "$ORIGIN example.org.\n@ 3600 IN SOA ns1 admin 2024010101 7200 3600 1209600 300\n@ 3600 IN NS ns1\n"
SITES = ("", ".berlin", ".paris", ".east.office", ".lab", ".old\\.name", ".test\\032net")


def _record(draw, owner):
    kind = draw.choice(("A", "A", "AAAA", "TXT", "MX"))
    data = {
        "A": f"192.0.2.{draw.randrange(1, 255)}",
        "AAAA": f"2001:db8::{draw.randrange(1, 65535):x}",
        "TXT": f'"v=spf1 ip4:198.51.100.{draw.randrange(255)} -all" "note {draw.randrange(99)}"',
        "MX": f"{draw.randrange(5, 50)} mail{draw.choice(SITES)}.example.org.",
    }[kind]
    return owner, draw.choice((300, 3600, 86400)), kind, data


def setup(seed):
    draw = random.Random(seed)
    owners = sorted({f"{draw.choice(HOSTS)}{draw.randrange(8)}{draw.choice(SITES)}" for _ in range(60)})
    records = [_record(draw, owner) for owner in owners]
    zone = HEAD + "".join(f"{owner} {ttl} IN {kind} {data}\n" for owner, ttl, kind, data in records)
    return zone, [draw.choice(records) for _ in range(50)]


def workload(state):
    text, asked = state
    zone = dns.zone.from_text(text, origin="example.org.", relativize=False)
    lines = [zone.to_text(relativize=False)]
    for number, (owner, ttl, kind, data) in enumerate(asked):
        query = dns.message.make_query(owner + ".example.org.", kind, id=number)
        answer = dns.message.make_response(query)
        answer.answer.append(dns.rrset.from_text(owner + ".example.org.", ttl, "IN", kind, data))
        wire = answer.to_wire()
        lines.append((wire, dns.message.from_wire(wire).to_text()))
    return lines
