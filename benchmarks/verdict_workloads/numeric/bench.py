import numpy as np
from work.job import run


def setup(seed):
    return np.random.default_rng(seed).standard_normal(1500)


def workload(state):
    return run(state)
