"""The environment and the words of a container in a pod: where each value comes from, and `$(VAR)` expanded as the kubelet does it.

Source: Kubernetes 1.32 documentation "Define Dependent Environment Variables", third_party/forked/golang/expansion (container.md 3.9).
"""

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Map
from typing import Final

from memlint.model import Amount, Known, Origin, Text, Unknown, Word, Words
from memlint.quantity import QuantityError, kubernetes_exact
from memlint.resolve import quantities
from memlint.resolve.config_maps import ConfigMaps
from memlint.sources import scalars
from memlint.sources.kubernetes import Object, mappings
from memlint.sources.tree import Mapping, Node, Scalar, Sequence

FromResources = Callable[
    [str, str | None], Amount
]  # resource ("limits.memory"), container (None: its own) -> bytes or thousandths of a CPU
MAX_EXPANDED: Final = 1 << 20  # characters that variables add to the texts of a container
_TOO_LONG: Final = f"its variables expand to more than {MAX_EXPANDED} characters"


def environment(container: Mapping, place: Object, configs: ConfigMaps, resources: FromResources) -> dict[str, Text]:
    """Return what `envFrom` and `env` set, later entries over earlier ones."""
    env: dict[str, Text] = {}
    for prefix, kind, name, at in _whole(container):
        entries = configs.entries(kind, name, place)
        if entries is not None and configs.affords(len(entries), place):
            env.update({prefix + variable: _taken(value, at) for variable, value in entries.items()})
    grown = 0
    for item in mappings(container.sequence("env")):
        name_node = item.scalar("name")
        if name_node is None or not name_node.value:
            continue
        name, value = name_node.value, item.get("value")
        if isinstance(value, Scalar) and not scalars.is_null(value):
            literal = _literal(value, name, place, env)
            grown += len(literal.value) - len(value.value) if isinstance(literal, Known) else 0
            env[name] = literal if grown <= MAX_EXPANDED else Unknown(_TOO_LONG, Origin(value.span, f"env {name}"))
        elif (source := item.mapping("valueFrom")) is not None:
            given = _from(source, name, place, configs, resources)
            if given is not None:
                env[name] = given
        elif value is None or isinstance(value, Scalar):
            env[name] = Known("", Origin(name_node.span, f"env {name}"))
        else:
            env[name] = Unknown("it is no text", Origin(value.span, f"env {name}"))
    return env if configs.affords(grown >> 10, place) else {}


def open_ended(container: Mapping, place: Object, configs: ConfigMaps) -> bool:
    """Say whether `envFrom` takes in a ConfigMap or Secret that is not among the files, so that any variable may be set."""
    return any(configs.entries(kind, name, place) is None for _, kind, name, _ in _whole(container))


def _taken(value: Text, at: int) -> Text:
    """Return a value with the line that takes it in; no step of its own, as the text stands in the file letter by letter."""
    return (
        value._replace(origin=value.origin._replace(how=f"{value.origin.how}, by envFrom in line {at}"))
        if isinstance(value, Known)
        else value
    )


def _whole(container: Mapping) -> Iterator[tuple[str, str, str, int]]:
    """Yield (prefix, kind, name, line) of what `envFrom` takes in."""
    for item in mappings(container.sequence("envFrom")):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            name = item.text(key, "name")
            if name:
                yield item.text("prefix") or "", kind, name, item.line


def _literal(value: Scalar, name: str, place: Object, env: Map[str, Text]) -> Word:
    origin = Origin(value.span, f"env {name}")
    why = quantities.templated(value.value, place.parameters)
    return Unknown(why, origin) if why else expanded(value.value, origin, env)


def _from(source: Mapping, name: str, place: Object, configs: ConfigMaps, resources: FromResources) -> Text:
    how = f"env {name}"
    for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        reference = source.mapping(key)
        if reference is None:
            continue
        called, wanted = reference.text("name") or "", reference.text("key") or ""
        origin = Origin(reference.span, how)
        entries = configs.entries(kind, called, place)
        if entries is None:
            return Unknown(f"from {kind} {called}", origin)
        found = entries.get(wanted)
        if found is None:
            return None if reference.text("optional") == "true" else Unknown(f"{kind} {called} has no key {wanted}", origin)
        if isinstance(found, Known):
            return Known(found.value, Origin(found.origin.span, found.origin.how, (origin,)))
        return found
    reference = source.mapping("resourceFieldRef")
    if reference is not None:
        return _resource(reference, resources)
    field = source.text("fieldRef", "fieldPath")
    return Unknown(f"the pod's {field}" if field else "it comes from outside", Origin(source.span, how))


def _resource(reference: Mapping, resources: FromResources) -> Word:
    resource = reference.text("resource") or ""
    node: Node = reference.get("resource") or reference
    how = f"resourceFieldRef {resource}"
    amount = resources(resource, reference.text("containerName"))
    if isinstance(amount, Unknown):
        return Unknown(amount.why, Origin(node.span, how, (amount.origin,) if amount.origin else ()))
    if amount is None:
        if resource.startswith("requests."):
            return Known("0", Origin(node.span, how))
        return Unknown(
            f"the node's allocatable {resource.partition('.')[2] or 'amount'}, as the container has no such limit", Origin(node.span, how)
        )
    divisor = reference.scalar("divisor")
    try:
        exact = kubernetes_exact(divisor.value) if divisor is not None and divisor.value else 0
    except QuantityError:
        return Unknown(f"the divisor '{divisor.value if divisor else ''}' is no quantity", Origin(node.span, how))
    # A CPU is counted in thousandths here, and as a whole without a divisor; a divisor of 0 means 1.
    share = (exact or 1) * (1000 if resource.endswith(".cpu") else 1)
    units = -(-amount.value // share)
    return Known(str(int(units)), Origin(node.span, how, (amount.origin,)))


def words(sequence: Node | None, how: str, place: Object, env: Map[str, Text]) -> Words | None:
    """Return the words of `command` or `args` with `$(VAR)` expanded; None where nothing is set, as for an empty list."""
    if not isinstance(sequence, Sequence) or not sequence.items:
        return None
    found: list[Word] = []
    for item in sequence.items:
        origin = Origin(item.span, how)
        if not isinstance(item, Scalar):
            found.append(Unknown(quantities.placeholder(item.source.text[item.start : item.end]) or "it is no text", origin))
            continue
        why = quantities.templated(item.value, place.parameters)
        found.append(Unknown(why, origin) if why else expanded(item.value, origin, env))
    return tuple(found)


def expanded(text: str, origin: Origin, env: Map[str, Text]) -> Word:
    """Return a text with `$(VAR)` replaced: an unset name stays as it is, `$$` is a dollar, nothing else is touched."""
    if "$" not in text:
        return Known(text, origin)
    parts: list[str] = []
    via: list[Origin] = []
    position, size = 0, 0
    while position < len(text):
        dollar = text.find("$", position)
        if dollar < 0 or dollar + 1 >= len(text):
            parts.append(text[position:])
            break
        parts.append(text[position:dollar])
        following = text[dollar + 1]
        if following == "$":
            parts.append("$")
            position = dollar + 2
            continue
        end = text.find(")", dollar) if following == "(" else -1
        if end < 0:
            parts.append(text[dollar : dollar + 2])
            position = dollar + 2
            continue
        name = text[dollar + 2 : end]
        value = env.get(name)
        if isinstance(value, Unknown) and _one_word(value) and (dollar > 0 or end + 1 < len(text)):
            parts.append(text[dollar : end + 1])  # the rest of the text is known all the same
        elif isinstance(value, Unknown):
            return Unknown(
                f"$({name}) {'is ' if not value.why.startswith(('from', 'it ')) else ''}{value.why}", _through(origin, value.origin)
            )
        elif value is None:
            parts.append(text[dollar : end + 1])
        else:
            parts.append(value.value)
            via.append(value.origin)
            size += len(value.value)
            if size > MAX_EXPANDED:
                return Unknown(_TOO_LONG, origin)
        position = end + 1
    return Known("".join(parts), Origin(origin.span, origin.how, tuple(via)))


def _one_word(value: Unknown) -> bool:
    """Return whether what a variable holds is a name or an address of the pod, which neither parts words nor sets a flag."""
    return value.why.startswith(("the pod's metadata.name", "the pod's metadata.uid", "the pod's status.", "the pod's spec."))


def _through(origin: Origin, through: Origin | None) -> Origin:
    return Origin(origin.span, origin.how, (through,)) if through is not None else origin
