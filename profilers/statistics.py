"""A confidence sequence for a mean of unknown variance: it holds however often one looks.

Each process pair gives one number, the median of its log ratios. These are
taken as independent draws around the true log ratio, with a variance nobody
knows. The interval comes from inverting a test martingale: the Bayes factor of
the one-sample t test, with the right Haar prior on the scale and a Gaussian
prior of standard deviation `EFFECT` on the standardised effect,

    B_n = (1 + n g)^(-1/2) * ((1 + t^2/v) / (1 + t^2/(v (1 + n g))))^(n/2),

with v = n - 1 and g = EFFECT^2 (Gönen, Johnson, Lu and Westfall, "The Bayesian
two-sample t test", The American Statistician 59, 2005, for one sample). With
the right Haar prior its running maximum exceeds 1/alpha under the null with
probability at most alpha, whatever the scale (Hendriksen, de Heide and
Grünwald, "Optional stopping with Bayes factors", Bayesian Analysis 16, 2021;
Lai, "On confidence sequences", Annals of Statistics 4, 1976; Wang and Ramdas,
"Anytime-valid t-tests and confidence sequences for Gaussian means with unknown
variance", Sequential Analysis 44, 2025). The set of means that are not
rejected is an interval around the sample mean, given below in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

EFFECT = 3.0
"""Prior scale of mean/sd. Medians of process pairs spread by 1 to 2 per cent and
gains worth telling from none are 2 to 10 per cent, so effects of 1 to 6 are
looked for. Any positive value is valid; it only moves where the interval is
tightest."""

MIN_SPREAD = 1e-4
"""Log-ratio spread below which samples are no longer believed to differ so little:
timer granularity can make medians equal, and an interval of no width is false."""


@dataclass(frozen=True)
class Estimate:
    """A mean and an interval around it, on the scale of the samples."""

    mean: float
    low: float
    high: float


def sequence_radius(count: int, spread: float, alpha: float, effect: float = EFFECT) -> float:
    """Half the width of the interval after `count` samples; infinite while too few.

    spread: sample standard deviation. alpha: total error, over both sides and
    all looks.
    """
    if count < 2:
        return math.inf
    growth = 1.0 + count * effect**2
    bound = (math.sqrt(growth) / alpha) ** (2.0 / count)
    if bound >= growth:
        return math.inf
    t_squared = (count - 1) * (bound - 1.0) / (1.0 - bound / growth)
    return math.sqrt(t_squared / count) * max(spread, MIN_SPREAD)


def confidence_sequence(samples: Sequence[float], confidence: float) -> Estimate:
    """The interval for the mean of `samples`, valid at every length at once.

    Raises ValueError when there are no samples.
    """
    if not samples:
        raise ValueError("no samples")
    mean = fmean(samples)
    radius = sequence_radius(len(samples), stdev(samples) if len(samples) > 1 else 0.0, 1.0 - confidence)
    return Estimate(mean, mean - radius, mean + radius)


def winsorize(samples: Sequence[float], width: float = 5.0, least: int = 10) -> list[float]:
    """Pull samples further than `width` robust deviations from the median back to that distance.

    A process pair that was hit by a stall says little about the ratio, but
    would widen a mean's interval for the rest of the run. The robust deviation
    is 1.4826 times the median absolute deviation, which estimates the standard
    deviation of a normal distribution (Rousseeuw and Croux, JASA 88, 1993). It
    is itself unsure in small samples: below `least` nothing is pulled. Nor is
    it when more than a tenth of the samples lie outside: then they are a second
    mode (address layout, hash seed), and to pull them in would make the
    interval of a mean exclude the truth far too often.
    """
    if len(samples) < least:
        return list(samples)
    centre = median(samples)
    reach = width * 1.4826 * median(abs(sample - centre) for sample in samples)
    outside = sum(abs(sample - centre) > reach for sample in samples)
    if reach <= 0.0 or outside * 10 > len(samples):
        return list(samples)
    return [min(centre + reach, max(centre - reach, sample)) for sample in samples]


def smallest_detectable(spread: float, count: int, confidence: float) -> float:
    """The smallest true ratio, above the threshold, that `count` samples would show.

    A ratio of twice the interval's radius above the threshold is found nine
    times in ten or more; below 2 samples nothing is.
    """
    radius = sequence_radius(count, spread, 1.0 - confidence)
    return math.exp(min(2.0 * radius, 50.0))
