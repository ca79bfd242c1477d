"""Rate limits: a token bucket for each key, in bounded memory."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable


class Buckets:
    """A bucket per key holds `burst` requests and regains `per_minute`; idle keys are forgotten.

    Only the `capacity` keys used last are kept: forgetting one merely fills its bucket again.
    """

    def __init__(
        self,
        burst: int,
        per_minute: float,
        capacity: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_minute / 60
        self._capacity = capacity
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, key: str) -> float:
        """Take one request from the key's bucket; return 0, or the seconds to wait when empty."""
        now = self._clock()
        level, seen = self._levels.get(key, (float(self._burst), now))
        level = min(self._burst, level + (now - seen) * self._per_second)
        wait = 0.0 if level >= 1 else (1 - level) / self._per_second
        self._levels[key] = (level if wait else level - 1, now)
        self._levels.move_to_end(key)
        if len(self._levels) > self._capacity:
            self._levels.popitem(last=False)
        return wait


def caller(peer: str, forwarded: str, proxies: int) -> str:
    """Return whom to count a request against.

    `forwarded` is the X-Forwarded-For header. Its last `proxies` entries were written by proxies
    that the clinic runs; everything before them is the caller's own say, and is not believed.
    An IPv6 caller counts as its /64, the smallest network that one subscriber gets.
    """
    hops = [hop.strip() for hop in forwarded.split(",")]
    claimed = hops[-proxies] if 0 < proxies <= len(hops) else peer
    for text in (claimed, peer):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(ipaddress.ip_network((int(address), 64), strict=False))
        return str(address)
    return "unknown"
