"""What a file is, from its name and a look at its text: the first decision of a run, made for every file of the tree."""

import re
from typing import Final

from memlint.patterns import pattern

JUDGED: Final = (
    "dockerfile", "compose", "kubernetes", "helm-values", "helm-chart", "kustomization", "shell", "makefile", "workflow", "systemd",
    "devcontainer", "markdown", "skaffold", "bake",
)  # fmt: skip

_COMPOSE_NAME = pattern(r"^(docker-)?compose([.-].*)?\.ya?ml$", re.IGNORECASE)
_DOCKERFILE_NAME = pattern(r"^(?:(?:docker|container)file(?:[.-].+)?|.+\.(?:docker|container)file)$", re.IGNORECASE)
_TEMPLATE_NAME = pattern(r"\.(?:j2|jinja2?|tmpl|tpl|template|erb|gotmpl|in)$", re.IGNORECASE)
_SERVICES = pattern(r"^services[ \t]*:", re.MULTILINE)
_API_VERSION = pattern(r"""^[ \t-]*["']?apiVersion["']?[ \t]*:|"apiVersion"[ \t]*:""", re.MULTILINE)
_KIND = pattern(r"""^[ \t-]*["']?kind["']?[ \t]*:|"kind"[ \t]*:""", re.MULTILINE)
_SHEBANG = pattern(r"^#!.*\b(?:ba|da|a|k|z)?sh\b")
_NAMES: Final = {
    "chart.yaml": "helm-chart", "kustomization.yaml": "kustomization", "kustomization.yml": "kustomization", "kustomization": "kustomization",
    "skaffold.yaml": "skaffold", "skaffold.yml": "skaffold", "docker-bake.hcl": "bake", "docker-bake.json": "bake",
    "makefile": "makefile", "gnumakefile": "makefile", ".gitlab-ci.yml": "workflow", ".gitlab-ci.yaml": "workflow",
    "devcontainer.json": "devcontainer", ".devcontainer.json": "devcontainer",
}  # fmt: skip
_SUFFIXES: Final = {
    "sh": "shell", "bash": "shell", "mk": "makefile", "service": "systemd", "container": "systemd", "md": "markdown", "markdown": "markdown",
}  # fmt: skip
_YAML: Final = frozenset(("yaml", "yml"))


def by_name(name: str) -> str | None:
    """Return the kind that a file's name gives, "yaml" or "json" where the text must tell, None where memlint does not read it."""
    lower = name.lower()
    known = _NAMES.get(lower)
    if known is not None:
        return known
    suffix = lower.rpartition(".")[2] if "." in lower else ""
    if suffix in _YAML:
        return "yaml"
    if suffix == "json":
        return "json"
    if lower.endswith(".dockerignore") or (suffix in ("md", "txt", "py", "go", "js") and "dockerfile" in lower):
        return None
    if _DOCKERFILE_NAME.match(lower):
        return "dockerfile"
    return _SUFFIXES.get(suffix)


def by_text(path: str, kind: str, text: str) -> str:
    """Return what a file is: one of JUDGED, or "helm-template", "template", "other-yaml", "other-json"."""
    if kind == "dockerfile":
        return "template" if _TEMPLATE_NAME.search(path) or ("{{" in text and "{%" in text) else kind
    if kind == "json":
        return "kubernetes" if '"apiVersion"' in text and '"kind"' in text else "other-json"
    if kind == "kustomization":
        return kind
    if kind != "yaml":
        return kind
    folder, _, name = path.rpartition("/")
    if "{{" in text and (folder.endswith("/templates") or "/templates/" in f"/{path}"):
        return "helm-template"
    if ".github/workflows" in folder:
        return "workflow"
    if "compose" in name.lower() and _COMPOSE_NAME.match(name):
        return "compose"
    if "apiVersion" in text and "kind" in text and _API_VERSION.search(text) and _KIND.search(text):
        return "skaffold" if "apiVersion: skaffold/" in text else "kubernetes"
    if "services" in text and _SERVICES.search(text):
        return "compose"
    if name.startswith("values") or name.endswith(("-values.yaml", "-values.yml", ".values.yaml")):
        return "helm-values"
    return "other-yaml"


def is_script(text: str) -> bool:
    """Say whether a text without a telling name is a shell script."""
    return bool(_SHEBANG.match(text))
