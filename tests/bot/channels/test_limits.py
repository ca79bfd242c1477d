"""Token buckets, and whom a request is counted against."""

from __future__ import annotations

import pytest

from bot.channels.limits import Buckets, caller


def test_bucket_empties_refills_and_says_how_long() -> None:
    now = 0.0
    buckets = Buckets(burst=2, per_minute=30, clock=lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]
    assert buckets.take("b") == 0
    now = 1.0
    assert buckets.take("a") == 1, "asking too early does not lengthen the wait"
    now = 2.0
    assert buckets.take("a") == 0
    now = 1_000.0
    assert [bool(buckets.take("a")) for _ in range(3)] == [False, False, True], "never above burst"


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    buckets = Buckets(burst=1, per_minute=1, capacity=10, clock=lambda: 0.0)
    buckets.take("busy")
    for stranger in range(100):
        buckets.take(f"stranger {stranger}")
        assert buckets.take("busy") > 0
    assert len(buckets) == 10


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "expected"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", 0, "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", 1, "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7", 1, "198.51.100.7"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7", 2, "10.0.0.1"),
        ("10.0.0.1", "'; DROP TABLE", 1, "10.0.0.1"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", "", 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("", "", 0, "unknown"),
    ],
)
def test_caller(peer: str, forwarded: str, proxies: int, expected: str) -> None:
    assert caller(peer, forwarded, proxies) == expected
