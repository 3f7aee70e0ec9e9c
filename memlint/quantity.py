"""What "512m" means to Docker, Kubernetes, the JVM and the others, in bytes.

Every reader returns an integer of bytes and raises QuantityError with the program's own complaint where the program
refuses the text. No floats: amounts are exact until the one rounding that the program itself does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from memlint.patterns import pattern

if TYPE_CHECKING:
    from fractions import Fraction

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
MAX_INT64 = (1 << 63) - 1
_MOST = 10**30  # more says no more, and a share of it would be no float


class QuantityError(ValueError):
    """A text that the program would refuse as an amount of memory; the message is why."""


_BINARY = {"": 1, "k": KIB, "m": MIB, "g": GIB, "t": 1 << 40, "p": 1 << 50}
_DOCKER_WHOLE = pattern(r"^(\d{1,9})([kmgKMG]?)$", re.ASCII)
_GO_DECIMAL = pattern(r"^[+-]?(\d++(?:_\d++)*+\.?(?:\d++(?:_\d++)*+)?|\.\d++(?:_\d++)*+)([eE][+-]?\d+)?$", re.ASCII)
_GO_HEX = pattern(r"^[+-]?0[xX]([0-9a-fA-F_]*+)\.?([0-9a-fA-F_]*+)[pP]([+-]?\d+)$", re.ASCII)


def docker(text: str) -> int:
    """Return the bytes of a size as `docker run -m`, Compose and podman read it.

    Units are binary in every spelling: `512m`, `512MB` and `512MiB` are the same; `512Mi` is refused.
    Source: docker/go-units size.go RAMInBytes; docker CLI 28.2.2 (container.md 1.1).
    """
    usual = _DOCKER_WHOLE.match(text)
    if usual:
        return int(usual[1]) * _BINARY[usual[2].lower()]
    number, suffix = _split_docker(text)
    lower = suffix.lower()
    unit = lower[:1] if lower not in ("b", "") else ""
    if lower not in ("", "b", unit, unit + "b", unit + "ib") or unit not in _BINARY:
        raise QuantityError(f"invalid suffix: '{lower}'")
    amount = int(number * _BINARY[unit])
    if amount < 0:
        raise QuantityError(f"invalid size: '{text[:60]}'")
    if amount > MAX_INT64:
        raise QuantityError(f"'{text[:60]}' is more than any machine has")
    return amount


def _split_docker(text: str) -> tuple[Fraction, str]:
    # The suffix begins behind the last digit, dot or blank, as go-units cuts it; so a hexadecimal float keeps its letters (`0x1p4m`).
    end = len(text)
    while end and text[end - 1] not in "0123456789. ":
        end -= 1
    number, suffix = text[:end], text[end:]
    number = number.removesuffix(" ")
    if not number or not any(character.isdigit() for character in number):
        raise QuantityError(f"invalid size: '{text[:60]}'")
    if len(number) > 400:
        raise QuantityError(f"invalid size: '{text[:40]}…'")
    return _go_float(number), suffix


def _go_float(text: str) -> Fraction:
    hexadecimal = _GO_HEX.match(text)
    if hexadecimal:
        whole, part, power = (item.replace("_", "") for item in hexadecimal.groups())
        if abs(int(power)) > 1100 or not whole + part:
            raise QuantityError(f'parsing "{text[:60]}": invalid syntax')
        mantissa = _fraction(int(whole + part, 16), 16 ** len(part))
        return (-mantissa if text.startswith("-") else mantissa) * _fraction(2) ** int(power)
    if not _GO_DECIMAL.match(text):
        raise QuantityError(f'parsing "{text[:60]}": invalid syntax')
    return _decimal(text.replace("_", ""))


def _decimal(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    power = int(exponent or 0)
    if abs(power) > 400:
        raise QuantityError(f"'{text[:60]}' is out of range")
    return _fraction(mantissa) * _fraction(10) ** power


def _fraction(number: int | str, denominator: int = 1) -> Fraction:
    from fractions import Fraction  # nearly every amount is a whole number of a unit, and needs none

    return Fraction(number) / denominator


_KUBERNETES = pattern(r"^(?P<sign>[+-]?)(?P<number>\d*+\.?\d*+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+|)$", re.ASCII)
_KUBERNETES_WHOLE = pattern(r"^(\d{1,9})(Ki|Mi|Gi|k|M|G|)$", re.ASCII)
_KUBERNETES_FRACTIONS = {"n": 10**9, "u": 10**6, "m": 1000}
_KUBERNETES_UNITS = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
}  # fmt: skip


def kubernetes_exact(text: str) -> Fraction | int:
    """Return a Kubernetes quantity exactly, in bytes; `512m` is 0.512 byte.

    Source: apimachinery resource/quantity.go:40-60; kubectl 1.32.4 (container.md 3.1).
    """
    usual = _KUBERNETES_WHOLE.match(text)
    if usual:
        return int(usual[1]) * _KUBERNETES_UNITS[usual[2]]
    match = _KUBERNETES.match(text)
    if match is None or text == "":
        raise QuantityError(
            f"'{text[:60]}' is no Kubernetes quantity: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    suffix = match["suffix"]
    digits = match["number"].strip(".") and match["number"]
    if not digits and suffix in ("Pi", "Ei"):  # a bare `Gi` is 0; these two leave the parser's fast path, and the slow one wants a number
        raise QuantityError(f"'{text[:60]}' is no Kubernetes quantity: unable to parse numeric part of quantity")
    if len(digits) > 400:
        raise QuantityError(f"'{text[:40]}…' is no Kubernetes quantity")
    number = _fraction(f"{digits}0" if digits.endswith(".") else digits or "0")
    if len(suffix) > 1 and suffix != "Ei" and suffix[0] in "eE":
        if len(suffix) > 400 or abs(int(suffix[1:])) > 400:
            raise QuantityError(f"'{text[:60]}' is out of range")
        amount = number * _fraction(10) ** int(suffix[1:])
    elif suffix in _KUBERNETES_FRACTIONS:
        amount = number / _KUBERNETES_FRACTIONS[suffix]
    else:
        amount = number * _KUBERNETES_UNITS[suffix]
    amount = min(amount, _fraction(_MOST))
    return -amount if match["sign"] == "-" else amount


def kubernetes(text: str) -> int:
    """Return a Kubernetes quantity in whole bytes, rounded up as Quantity.Value() does."""
    amount = kubernetes_exact(text)
    whole = -(-amount.numerator // amount.denominator)
    return min(whole, MAX_INT64) if text.endswith("i") else whole


_JVM = pattern(r"^(?:(\d+)|0[xX]([0-9a-fA-F]+))([kKmMgGtT]?)$", re.ASCII)


def jvm(text: str) -> int:
    """Return the bytes of a HotSpot size (`-Xmx`, `size` flags): powers of 1024, no suffix means bytes.

    Source: 17u arguments.cpp:742 atojulong, measured on nine JDKs (jvm.md 4.3).
    """
    match = _JVM.match(text)
    if match is None or len(text) > 60:
        raise QuantityError(f"invalid size: '{text[:60]}'")
    decimal, hexadecimal, suffix = match.groups()
    amount = (int(hexadecimal, 16) if hexadecimal else int(decimal)) * _BINARY[suffix.lower()]
    if amount >= 1 << 64:
        raise QuantityError(f"invalid size: '{text[:60]}'")
    return amount


_REDIS = pattern(r"^(\d*)(|b|k|kb|m|mb|g|gb)$", re.ASCII | re.IGNORECASE)


def redis(text: str) -> int:
    """Return the bytes of a memory value of Redis, Valkey or KeyDB: `1gb` is 2^30, `1g` is 10^9, whole numbers only.

    Source: redis util.c:228 memtoull; 7.0.15 refuses `100MiB` (measured).
    """
    match = _REDIS.match(text)
    if match is None or len(text) > 120:
        raise QuantityError("argument must be a memory value")
    digits, unit = match[1], match[2].lower()
    scale = _BINARY[unit[:1]] if unit.endswith("b") and unit != "b" else 1000 ** " kmg".index(unit[:1] or " ") if unit != "b" else 1
    return int(digits or 0) * scale


_POSTGRES = pattern(r"^\s*([+-]?(?:0[xX][0-9a-fA-F]++|\d++\.?\d*+(?:[eE][+-]?\d+)?|\.\d+))\s*+([A-Za-z]*)\s*$", re.ASCII)
_POSTGRES_UNITS = {"B": 1, "kB": KIB, "MB": MIB, "GB": GIB, "TB": 1 << 40}


def postgres(text: str, base: int) -> int:
    """Return the bytes of a PostgreSQL memory setting, -1 where it says "automatic"; a bare number counts in `base` bytes (8 KiB pages or KiB).

    Units are 1024-based and case-sensitive. Source: guc.c parse_int, convert_to_base_unit; pg_settings.unit of 15 (runtimes.md 10).
    """
    match = _POSTGRES.match(text)
    if match is None or len(text) > 60:
        raise QuantityError(f'invalid value: "{text[:60]}"')
    number = _fraction(int(match[1], 16)) if "x" in match[1].lower() else _decimal(match[1])
    if number == -1 and not match[2]:
        return -1
    if match[2] and match[2] not in _POSTGRES_UNITS:
        raise QuantityError(f'invalid value: "{text[:60]}"; valid units for this parameter are "B", "kB", "MB", "GB", and "TB"')
    # PostgreSQL keeps whole base units, rounded to the nearest.
    return _bounded(round(number * (_POSTGRES_UNITS[match[2]] if match[2] else base) / base) * base, text)


def _bounded(amount: int, text: str) -> int:
    if abs(amount) > _MOST:
        raise QuantityError(f"'{text[:60]}' is more than any machine has")
    return amount


_MYSQL = pattern(r"^\s*(-?\d+)([kKmMgGtTpPeE]?)", re.ASCII)


def mysql(text: str) -> int:
    """Return the bytes of a size of mysqld or mariadbd: 1024-based K, M, G, T, P, E; what follows the letter is not looked at.

    Source: my_getopt.c eval_num_suffix: `128MB` is 128M, `1.5G` is refused for its `.`.
    """
    match = _MYSQL.match(text)
    rest = text[match.end() :] if match else text
    if match is None or (rest and not match[2]) or len(text) > 60:
        raise QuantityError(f"Unknown suffix '{rest[:1]}' used for variable (value '{text[:60]}')")
    return int(match[1]) * {"": 1, "e": 1 << 60, **_BINARY}[match[2].lower()]


_MEMCACHED = pattern(r"^\s*([+-]?\d+)", re.ASCII)


def memcached(text: str) -> int:
    """Return the bytes of memcached's `-m`: mebibytes, and whatever follows the number is ignored (`1g` is 1 MiB, measured on 1.6.18)."""
    match = _MEMCACHED.match(text)
    return int(match[1]) * MIB if match and len(text) <= 60 else 0


def mongodb(text: str) -> int:
    """Return the bytes of a WiredTiger cache size: a decimal number of GiB. Source: runtimes.md 12 (wiredTigerCacheSizeGB)."""
    if not _GO_DECIMAL.match(text) or "_" in text or len(text) > 40:
        raise QuantityError(f"'{text[:40]}' is no number of gigabytes")
    return _bounded(int(_decimal(text) * GIB), text)


_RABBITMQ = pattern(r"^(\d+)(?:([kmgt])(|i|ib|b))?$", re.ASCII | re.IGNORECASE)


def rabbitmq(text: str) -> int:
    """Return the bytes of a size of rabbitmq.conf: `M`, `Mi`, `MiB` are 2^20 and `MB` is 10^6; no unit means bytes.

    Source: rabbit_resource_monitor_misc.erl parse_information_unit; `Mi`, `Gi`, `Ti` from 3.13.0 (runtimes.md 7).
    """
    match = _RABBITMQ.match(text.strip())
    if match is None or len(text) > 60:
        raise QuantityError(f"'{text[:60]}' is no size: write it as 600MiB or 2GB")
    amount = int(match[1])
    for _ in range(" kmgt".index((match[2] or " ").lower())):
        amount *= 1000 if (match[3] or "").lower() == "b" else KIB
    return amount


_CLICKHOUSE = pattern(r"^(\d+)([kKmMgGtT]i?)?$", re.ASCII)


def clickhouse(text: str) -> int:
    """Return the bytes of a size in ClickHouse's configuration: `Ki`, `Mi`, `Gi` and `K`, `M`, `G` are 1024-based."""
    match = _CLICKHOUSE.match(text.strip())
    if match is None or len(text) > 60:
        raise QuantityError(f"'{text[:60]}' is no size: write it as bytes or 500Mi")
    return int(match[1]) * _BINARY[(match[2] or "")[:1].lower()]


_SPARK = pattern(r"^(\d+)([a-z]*)$", re.ASCII)
_SPARK_UNITS = {"b": 1, **{unit + tail: scale for unit, scale in _BINARY.items() if unit for tail in ("", "b")}}


def spark(text: str, default: int = MIB) -> int:
    """Return the bytes of a Spark size (`spark.executor.memory`): 1024-based, whole numbers; no unit counts in `default` bytes (MiB).

    Source: JavaUtils.byteStringAs, bytesConf(ByteUnit.MiB) of the memory settings.
    """
    match = _SPARK.match(text.strip().lower())
    if match is None or len(text) > 60 or (match[2] and match[2] not in _SPARK_UNITS):
        raise QuantityError(f"'{text[:60]}' is no size: write it as 512m or 2g")
    return int(match[1]) * (_SPARK_UNITS[match[2]] if match[2] else default)


_FLINK = pattern(r"^(\d+)\s*([a-z]*)$", re.ASCII)
_FLINK_UNITS = {
    "": 1, "b": 1, "bytes": 1, "k": KIB, "kb": KIB, "kibibytes": KIB, "m": MIB, "mb": MIB, "mebibytes": MIB,
    "g": GIB, "gb": GIB, "gibibytes": GIB, "t": 1 << 40, "tb": 1 << 40, "tebibytes": 1 << 40,
}  # fmt: skip


def flink(text: str) -> int:
    """Return the bytes of a Flink memory size: 1024-based (`2048m`, `2 gb`), no unit means bytes. Source: MemorySize.parse, MemoryUnit."""
    match = _FLINK.match(text.strip().lower())
    if match is None or len(text) > 60 or match[2] not in _FLINK_UNITS:
        raise QuantityError(f"'{text[:60]}' is no memory size: write it as 2048m")
    return int(match[1]) * _FLINK_UNITS[match[2]]


_NODE = pattern(r"^\s*\+?(\d+)$", re.ASCII)


def node(text: str) -> int:
    """Return the bytes of a V8 size flag of Node: whole mebibytes, no unit; an empty value is 0, V8's own default.

    Source: node 18 to 26 refuse `512m`, `0.5` and `0x100` with exit 9 (measured); 20.20.2 takes `010` as ten.
    """
    match = _NODE.match(text)
    if text and (match is None or len(text) > 60 or int(match[1]) >= 1 << 64):
        raise QuantityError(f"illegal value for flag: '{text[:60]}' is no whole number of MiB")
    return int(match[1]) * MIB if match else 0


_GO_UNITS = {"": 1, "B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB, "TiB": 1 << 40}
_GO = pattern(r"^(\d+)(B|KiB|MiB|GiB|TiB|)$", re.ASCII)


def go(text: str) -> int | None:
    """Return the bytes of GOMEMLIMIT, None where it sets no limit (`off`, empty).

    Anything but whole bytes or `B`, `KiB`, `MiB`, `GiB`, `TiB` ends the program. Source: runtime parseByteCount; go 1.27.3 (measured).
    """
    if text in ("", "off"):
        return None
    match = _GO.match(text)
    if match is None or len(text) > 60 or int(match[1]) * _GO_UNITS[match[2]] > MAX_INT64:
        raise QuantityError("malformed GOMEMLIMIT")
    return int(match[1]) * _GO_UNITS[match[2]]


_HEX = pattern(r"^(?:0[xX])?([0-9a-fA-F]{1,16})$", re.ASCII)


def dotnet_hex(text: str) -> int:
    """Return a number of a .NET runtime variable, which is hexadecimal with or without `0x`: `C800000` is 200 MiB.

    Source: dotnet/docs garbage-collector.md; .NET 3.1.23 (measured).
    """
    match = _HEX.match(text.strip())
    if match is None:
        raise QuantityError(f"'{text[:60]}' is no hexadecimal number")
    return int(match[1], 16)


_PHP = pattern(r"^\s*(-?\d++)(.*)$", re.ASCII)


def php(text: str) -> int:
    """Return the bytes of a php.ini size: 1024-based `K`, `M`, `G`; below 0 is no limit.

    Only the last letter is looked at, so `128MB` is 128 bytes. Source: Zend/zend_ini.c, "shorthand byte values" of the PHP manual.
    """
    match = _PHP.match(text.rstrip())
    if match is None or len(text) > 60:
        raise QuantityError(f"'{text[:60]}' is no size: write it as 128M")
    return int(match[1]) * {"k": KIB, "m": MIB, "g": GIB}.get(match[2][-1:].lower(), 1)


_PM2 = pattern(r"^(\d+)([GMK]?)$", re.ASCII)


def pm2(text: str) -> int:
    """Return the bytes of pm2's max_memory_restart: 1024-based `K`, `M`, `G`, no unit means bytes. Source: pm2 lib/API/schema.json:110."""
    match = _PM2.match(text)
    if match is None or len(text) > 60:
        raise QuantityError(f"'{text[:60]}' is no size: write it as 300M")
    return int(match[1]) * _BINARY[match[2].lower()]


_PLAIN = pattern(r"^(\d+(?:\.\d+)?) ?(|B|[kKMGT]i?B?)$", re.ASCII)


def configured(text: str | int) -> int:
    """Return the bytes of an amount in memlint's own configuration: `32MiB`, `1g`, `1.5 GiB`, `200MB`, or plain bytes.

    Units are binary in every spelling but `kB`, `MB`, `GB`, `TB`, which are decimal as the SI says.
    """
    if isinstance(text, int):
        return text
    match = _PLAIN.match(text.strip()) or _PLAIN.match(text.strip().upper())
    if match is None or len(text) > 40:
        raise QuantityError(f"'{text[:40]}' is no amount of memory: write it as 512MiB or 2GiB")
    number, unit = match.groups()
    decimal = len(unit) == 2 and unit.endswith("B") and unit[0] in "kMGT"
    power = " kmgt".index(unit[0].lower()) if unit and unit != "B" else 0
    return int(_fraction(number) * (1000 if decimal else 1024) ** power)


@lru_cache(maxsize=4096)
def human(amount: int) -> str:
    """Return an amount of bytes as people read it: exact in MiB or GiB where it is whole, else to one decimal."""
    if amount < 0:
        return f"-{human(-amount)}"
    for unit, name in ((1 << 40, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if amount >= unit and (amount % unit == 0 or amount >= 10 * unit or unit in (KIB, MIB)):
            tenths = (amount * 10 + unit // 2) // unit
            whole, rest = divmod(tenths, 10)
            return f"{whole} {name}" if rest == 0 or whole >= 100 else f"{whole}.{rest} {name}"
    return f"{amount} B"


def lasting(hours: int) -> str:
    """Return a number of hours as people read it."""
    return f"{hours} h" if hours < 72 else f"{hours // 24} days"
