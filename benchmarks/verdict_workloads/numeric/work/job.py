"""Arrays: transcendental functions, a sort and a running sum."""

import numpy as np

from work.knob import FULL, UNITS


def unit(values, number):
    waves = np.sin(values * (1.0 + number)) + np.sqrt(np.abs(values))
    return float(np.cumsum(np.sort(waves))[-1])


def run(values):
    found = [0.0] * FULL
    for number in range(UNITS):
        found[number % FULL] = unit(values, number % FULL)
    return found
