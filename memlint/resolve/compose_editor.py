"""Writes settings into the service of a compose file."""

from typing import Final

from memlint.model import Edit, Origin
from memlint.records import NamedTuple
from memlint.resolve import editing
from memlint.resolve.docker_settings import written
from memlint.sources import tree
from memlint.sources.compose import Leaf, Map, is_null

LIMITS: Final = ("deploy", "resources", "limits")
RESERVATIONS: Final = ("deploy", "resources", "reservations")
_KEYS: Final = {
    "limit": "mem_limit", "reservation": "mem_reservation", "swap": "memswap_limit", "shm_size": "shm_size", "init": "init",
    "swappiness": "mem_swappiness", "oom_score_adj": "oom_score_adj", "cpu_limit": "cpus", "restart": "restart",
}  # fmt: skip
_LONG: Final = {"limit": (*LIMITS, "memory"), "reservation": (*RESERVATIONS, "memory"), "cpu_limit": (*LIMITS, "cpus")}


class ComposeEditor(NamedTuple):
    """Writes settings into a service: over the value where it stands, else as a new line of the service."""

    service: Map
    via: tuple[Origin, ...] = ()

    def set(self, setting: str, text: str) -> tuple[Edit, ...] | None:
        """Return the edits that give `setting` the value `text`; both places where Compose wants two to agree."""
        key = _KEYS.get(setting)
        if key is None or (setting == "restart" and self.service.map("deploy", "restart_policy") is not None):
            return None
        long = _LONG.get(setting)
        places: list[tuple[str, ...]] = [(key,)]
        if long is not None:
            if self.service.map(*long[:-1]) is not None:
                # Beside deploy.resources.limits a mem_limit alone would be refused.
                places = [long, (key,)] if key in self.service.entries else [long]
            elif is_null(self.service.get(key)) and self.service.at(*long) is not None:
                places = [long]
        edits: list[Edit] = []
        for place in places:
            edit = self._put(place, text)
            if edit is None:
                return None
            edits += edit
        return tuple(edits)

    def amount(self, size: int) -> str:
        """Return bytes as Compose writes them."""
        return written(size)

    def insert(self, place: tuple[str, ...], text: str) -> tuple[Edit, ...] | None:
        """Return the edit that adds a key which is not there."""
        holder = self._own(place[:-1])
        node = holder.node if holder is not None else None
        return editing.insert_key(node, place[-1], text) if type(node) is tree.Mapping else None

    def _put(self, place: tuple[str, ...], text: str) -> tuple[Edit, ...] | None:
        holder = self._own(place[:-1])
        if holder is None:
            return None
        entry = holder.entries.get(place[-1])
        if entry is None:
            return self.insert(place, text)
        if entry.via or type(entry.value) is not Leaf or not editable(entry.value):
            return None
        return editing.replace(entry.value.node, text)

    def _own(self, path: tuple[str, ...]) -> Map | None:
        """Return the mapping at a path, None where others share it."""
        if any(not step.how.startswith("include") for step in self.via):
            return None
        holder = self.service
        for key in path:
            if holder.node is None or holder.node.anchored:
                return None
            entry = holder.entries.get(key)
            if entry is None or entry.via or type(entry.value) is not Map:
                return None
            holder = entry.value
        return None if holder.node is None or holder.node.anchored else holder


def editable(leaf: Leaf) -> bool:
    """Say whether a value stands in the file letter by letter, for itself alone."""
    return leaf.result is None and not leaf.node.anchored and leaf.finish is None and leaf.node.style not in ("|", ">")
