"""What a configuration says of other publishers, and why some of it would silently mean nobody."""

import dataclasses
from collections.abc import Iterator, Sequence

from federation.quotas import QuotaRule
from federation.standing import publisher_fault
from federation.vouching import AllowRule
from protocol.errors import MalformedError
from protocol.forms import is_fingerprint, is_host, is_origin
from protocol.origin import parse_address

Opinion = tuple[str, str, str]
"""A key of the configuration, what is wrong with its value, and what would be accepted."""


def opinion_faults(
    blocked: Sequence[str],
    allowed: Sequence[str],
    subscribed: Sequence[str],
    rule: AllowRule,
    quotas: Sequence[QuotaRule],
) -> Iterator[Opinion]:
    """Find what is wrong with the values of ``trust`` that are about others, and with ``quota``."""
    for key, names in (("blocked", blocked), ("allowed", allowed)):
        for place, name in enumerate(names):
            if not (is_origin(name) or is_host(name) or is_fingerprint(name)):
                fault = f"{name!r} is no origin, host or fingerprint"
                yield f"trust.{key}[{place}]", fault, "such as spam.example"
    for place, name in enumerate(subscribed):
        try:
            parse_address(name)
        except MalformedError as error:
            hint = "such as oslo.example/log/oslo/1/e/ and 32 hexadecimal digits"
            yield f"trust.subscribed[{place}]", error.reason, hint
    for key, number in (("vouchers", rule.vouchers), ("at_most", rule.at_most)):
        if number < 0:
            yield f"trust.allow.{key}", f"{number} is negative", "0 lets nobody in"
    for place, quota in enumerate(quotas):
        yield from _quota_faults(f"quota[{place}]", quota)


def _quota_faults(key: str, quota: QuotaRule) -> Iterator[Opinion]:
    fault = publisher_fault(quota.publisher)
    if fault is not None:
        yield f"{key}.publisher", fault, "`fedcat log list` shows both"
    for name, value in dataclasses.asdict(quota).items():
        if isinstance(value, int) and value < 0:
            yield f"{key}.{name}", f"{value} is negative", "0 takes nothing"
