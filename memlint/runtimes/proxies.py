"""nginx, Envoy and Varnish: small processes whose memory is their connections', and a cache that is sized by a flag."""

import re

from memlint import quantity
from memlint.api import KIB, MIB, Amount, Confidence, Known, Program, Reading, Safety, Surroundings, Text, Unknown, human
from memlint.quantity import QuantityError
from memlint.runtimes.common import has_image, inside, rewrite, text_of, variable
from memlint.runtimes.settings import Store, part

_BASIS_NGINX = (
    "1.7 MiB anonymous for a master and 2 workers (nginx 1.22, 2026-11); 8 x 4 KiB of proxy buffers a connection, 1,024 connections at most"
)
_BASIS_ENVOY = "not measured; connections and configuration are unbounded without the overload manager (fixed_heap max_heap_size_bytes)"
_BASIS_VARNISH = "-s malloc,SIZE (100 MiB in the official image), 1 KiB of overhead an object; transient storage is unbounded"


class Model:
    name = "proxies"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        name = program.name
        if name in ("nginx", "openresty") or (_untold(program) and has_image(around, ("nginx", "nginx-unprivileged", "openresty"))):
            return _nginx(program, around)
        if name == "envoy" or (_untold(program) and has_image(around, ("envoy",))):
            return Store("Envoy", program, around).reading(
                "envoy",
                [
                    part("connections", 0, 10 * MIB, None, _BASIS_ENVOY),
                    part("server", 10 * MIB, 40 * MIB, 200 * MIB, _BASIS_ENVOY),
                ],
                Confidence.LOW,
            )
        if name == "varnishd" or (_untold(program) and has_image(around, ("varnish",))):
            return _varnish(program, around)
        return None


def _untold(program: Program) -> bool:
    """Say whether only the image tells what runs."""
    return (
        not program.words
        or program.name.startswith("-")
        or (program.name.endswith(("entrypoint.sh", "entrypoint")) and len(program.words) == 1)
    )


def _nginx(program: Program, around: Surroundings) -> Reading:
    return Store("nginx", program, around).reading(
        "nginx",
        [
            part("connections", 0, MIB, 1024 * 32 * KIB, _BASIS_NGINX),
            part("master and workers", MIB, 6 * MIB, 16 * MIB, _BASIS_NGINX),
        ],
        Confidence.MEDIUM,
    )


def _varnish(program: Program, around: Surroundings) -> Reading:
    store = Store("Varnish", program, around)
    size = _storage(program)
    amount: Amount = size if isinstance(size, Unknown) else None
    if isinstance(size, Known):
        try:
            amount = Known(quantity.docker(size.value.lower()), size.origin)
        except QuantityError:
            amount = Unknown(f"'{size.value}' is no size", size.origin)
    cache = amount.value if isinstance(amount, Known) else 100 * MIB if amount is None else 0
    limit = store.limit
    if limit is not None and isinstance(amount, Known) and isinstance(size, Known) and amount.value * 10 >= limit.value * 9:
        best = f"{limit.value * 7 // 10 // MIB}M"
        store.observe(
            "cache-larger-than-limit",
            f"Varnish fills a cache of {human(amount.value)}, 1 KiB more for each object and its transient storage, the limit is "
            f"{human(limit.value)}: set the size to {best}",
            amount.origin.span,
            notes=store.limit_note(),
            fix=rewrite(size, best, f"set the cache to {best}", Safety.UNSAFE),
        )
    parts = [
        part("cache", cache, cache * 1.1, None, _BASIS_VARNISH, amount.origin if isinstance(amount, Known) else None),
        part("server", 10 * MIB, 40 * MIB, 100 * MIB, "not measured; threads and workspaces"),
    ]
    return store.reading("varnish", parts, Confidence.MEDIUM if amount is None or isinstance(amount, Known) else Confidence.LOW)


def _storage(program: Program) -> Text:
    """Return the size of `-s malloc,SIZE`, else of the official image's VARNISH_SIZE."""
    words = program.words
    for number, word in enumerate(words):
        text = text_of(word) or ""
        value = words[number + 1] if text == "-s" and number + 1 < len(words) else word if text.startswith("-s") and len(text) > 2 else None
        if isinstance(value, Unknown):
            return value
        match = re.search(r"malloc,(\w+(?:\.\d+)?\w*)", value.value) if value is not None else None
        if match and isinstance(value, Known):
            return inside(value, match.start(1), match.end(1))
    return variable(program, "VARNISH_SIZE")
