"""Circle moments about 0 of a polynomial of degree at most 1 around Phi: Bessel functions of half the order."""

from typing import Any


def circle_error(xp: Any, slope: Any, weight: Any, power: int, straight: Any, A: Any, frequencies: int) -> Any:
    """``int y^power (weight (Phi(slope y) - 1/2) + straight) cos(r t) dt``, ``y = A cos t``, power 0 or 1.

    By parts, for odd k and ``q = (slope A)^2/4``, ``int (Phi - 1/2) cos(k t) dt`` is ``(slope A/k) sqrt(pi/2)
    (-1)^((k-1)/2) exp(-q) (I_((k-1)/2) + I_((k+1)/2))(q)``; for even k it is 0.
    """
    steepness = slope * A
    scaled = [xp.ive(j, steepness * steepness / 4) for j in range(frequencies // 2 + 3)]
    waves = [xp.zeros_like(A)]
    for k in range(1, frequencies + 2):
        wave = xp.zeros_like(A)
        if k % 2:
            wave = steepness * xp.sqrt2pi / (2 * k) * (scaled[k // 2] + scaled[k // 2 + 1])
        waves.append(-wave if k % 4 == 3 else wave)
    moments = []
    for r in range(frequencies + 1):
        moment = weight * A * (waves[abs(r - 1)] + waves[r + 1]) / 2 if power else weight * waves[r]
        if r == power:
            moment = moment + straight * xp.pi * (A if power else 2)
        moments.append(moment)
    return moments
