"""A form of widgets, as a toolkit builds them on traits."""

import random

from traitlets import Bool, Dict, Enum, Float, HasTraits, Instance, Int, List, Unicode, default, observe

WIDGETS = 40


class Layout(HasTraits):
    width = Unicode(None, allow_none=True)
    height = Unicode(None, allow_none=True)
    margin = Int(4)
    visible = Bool(True)


class Widget(HasTraits):
    name = Unicode("")
    description = Unicode("")
    tooltip = Unicode(None, allow_none=True)
    disabled = Bool(False)
    order = Int(0)
    scale = Float(1.0)
    kind = Enum(["text", "button", "slider"], default_value="text")
    classes = List(Unicode())
    options = Dict()
    layout = Instance(Layout)
    changes = Int(0)

    @default("layout")
    def _make_layout(self):
        return Layout(width="auto")

    @observe("order", "disabled")
    def _count(self, change):
        self.changes += 1


class Slider(Widget):
    low = Float(0.0)
    high = Float(100.0)
    value = Float(50.0)


def setup(seed):
    rng = random.Random(seed)
    return [
        (rng.random() < 0.4, f"field{number}", rng.randrange(50), rng.random()) for number in range(WIDGETS)
    ]


def workload(fields):
    made = []
    for slider, name, order, share in fields:
        widget = Slider(name=name, value=100 * share) if slider else Widget(name=name)
        widget.order = order
        widget.disabled = share > 0.5
        widget.layout.margin = order % 7
        made.append((type(widget).__name__, widget.name, widget.order, widget.changes, widget.layout.width))
    return sorted(made)
