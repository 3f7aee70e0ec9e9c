"""Writes memory and CPU settings into the `resources` of a container in a manifest."""

from typing import Final

from memlint.model import Edit
from memlint.quantity import GIB, MIB
from memlint.resolve import editing
from memlint.sources import scalars
from memlint.sources.tree import Mapping, Scalar

_SETTINGS: Final = {
    "limit": ("limits", "memory"), "request": ("requests", "memory"), "cpu_limit": ("limits", "cpu"), "cpu_request": ("requests", "cpu"),
}  # fmt: skip


def bound(volume: Mapping, text: str) -> tuple[Edit, ...] | None:
    """Return the edit that gives an `emptyDir` a `sizeLimit`."""
    size = volume.get("sizeLimit")
    if not volume.source.editable:
        return None
    if isinstance(size, Scalar) and not scalars.is_null(size):
        return editing.replace(size, text)
    return editing.insert_key(volume, "sizeLimit", text) if size is None else None


class ContainerEditor:
    """`holder` is the mapping that has, or gets, the key `resources`; None where only what is there may be changed."""

    __slots__ = ("_holder", "_resources")

    def __init__(self, holder: Mapping | None, resources: Mapping | None) -> None:
        self._holder = holder
        self._resources = resources

    def set(self, setting: str, text: str) -> tuple[Edit, ...] | None:
        """Return the edits that give a setting its value, None where the file does not let itself be edited safely there."""
        path = _SETTINGS.get(setting)
        holder = self._resources or self._holder
        if path is None or holder is None or not holder.source.editable:
            return None
        group, key = path
        resources = self._resources
        if resources is None:
            return self._add(self._holder, ("resources", group, key), text)
        values = resources.get(group)
        if isinstance(values, Mapping) and (values.pairs or values.flow):
            value = values.get(key)
            if isinstance(value, Scalar) and not scalars.is_null(value):
                return editing.replace(value, text)
            return self._add(values, (key,), text) if value is None else None
        return self._add(resources, (group, key), text) if values is None else None

    def amount(self, size: int) -> str:
        """Return bytes as a Kubernetes quantity."""
        for unit, name in ((GIB, "Gi"), (MIB, "Mi"), (10**9, "G"), (10**6, "M"), (1 << 10, "Ki")):
            if size % unit == 0:
                return f"{size // unit}{name}"
        return str(size)

    @staticmethod
    def _add(mapping: Mapping | None, path: tuple[str, ...], text: str) -> tuple[Edit, ...] | None:
        """Return the edit that adds nested keys behind the last line of a mapping; an empty `{}` is filled in its line."""
        if mapping is None or mapping.anchored:
            return None
        if mapping.flow:
            if mapping.pairs:
                return None
            inner = text
            for key in reversed(path):
                inner = f"{{{key}: {inner}}}"
            span = mapping.span
            return (Edit(span.path, span.start, span.end, inner),)
        if not mapping.pairs:
            return None
        indent = mapping.pairs[0][0].column - 1
        newline = "\r\n" if "\r\n" in mapping.source.text else "\n"
        lines = f":{newline}".join(f"{' ' * (indent + 2 * depth if depth else 0)}{key}" for depth, key in enumerate(path))
        return editing.insert_key(mapping, lines, text)
