"""A C header and the functions behind it are parsed, and their declarations listed."""

import random

from pycparser import c_ast, c_parser

FUNCTIONS = 8


def setup(seed):
    rng = random.Random(seed)
    head = "typedef struct point { int x; int y; } point;\ntypedef unsigned long size;\n"
    head += "enum kind { A, B = 4, C };\n"
    return head + "\n".join(_function(rng, number) for number in range(FUNCTIONS))


def _function(rng, number):
    return f"""
static int f{number}(point *p, const char *text, size n)
{{
    int i, total = {rng.randrange(99)};
    double scale[{rng.randint(1, 9)}] = {{ {rng.random():.3f}, 2.0 }};
    for (i = 0; i < (int) n && text[i] != '\\0'; ++i) {{
        if (p->x > {rng.randrange(50)} || total % {rng.randint(2, 9)} == 0)
            total += p[i].y * (i << {rng.randrange(5)}) - sizeof(point);
        else
            total -= f{rng.randrange(FUNCTIONS)}(p + 1, &text[i], n - 1);
    }}
    switch (total & 3) {{ case 0: return {rng.randrange(9)}; default: break; }}
    return total ? (int) scale[0] : -1;
}}"""


def workload(text):
    unit = c_parser.CParser().parse(text, "header.h")
    names = [(type(node).__name__, getattr(node, "name", None)) for node in unit.ext]
    calls = []

    class Calls(c_ast.NodeVisitor):
        def visit_FuncCall(self, node):  # the visitor's naming
            calls.append((node.name.name, len(node.args.exprs)))
            self.generic_visit(node)

    Calls().visit(unit)
    return names, calls
