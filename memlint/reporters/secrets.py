"""Keeps secrets out of every report: what its name or its look gives away as one is masked before anything is rendered."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from memlint.model import (
    Apart,
    Container,
    Diagnostic,
    Environment,
    Known,
    Note,
    Process,
    Project,
    Report,
    Span,
    Text,
    Word,
    Words,
    Workload,
)
from memlint.patterns import pattern

HIDDEN: Final = "‹hidden›"
CONTEXT: Final = 2  # lines before and after a finding that a report shows at most
_BLOT: Final = "•"  # in a source text, one for each character: columns and offsets stay true

_NAME: Final = pattern(
    r"(?<!by)(?<!com)pass(?!ive|through|enger)|pwd(?![a-z])|secret|token(?!i[sz])|credential|erlang_?cookie|(?<!val)(?<!mon)(?<!topology)(?<!public_)(?<!routing_)key(?!cloak|space|db|board|frame|s?trok)|auth(?!or(?!i[sz]))",
    re.IGNORECASE,
)
_STRICT: Final = pattern(r"pass|pwd|secret", re.IGNORECASE)  # their values are secret whatever they look like
_REFERENCE: Final = pattern(
    r"(?:[_.-]|(?<=[a-z]))(?:file|path|dir|sock|name|ref|url|endpoint|type|method|database|converter|role)$", re.IGNORECASE
)  # where the secret is, not what it is
_TAME: Final = pattern(r"(?:|true|false|yes|no|on|off|none|null|required|optional|\d+(?:\.\d+)?\s?[kmgtp]?i?b?|)", re.IGNORECASE)
_PLACEHOLDER: Final = pattern(r"\$(?:\{[^}]*\}|\([^)]*\)|\w+)")  # a reference to a variable holds no secret

# Published forms of tokens: GitHub, GitLab, AWS, Slack, Stripe and OpenAI, Google, npm, PyPI, Hugging Face, JSON web tokens.
_TOKEN: Final = pattern(
    r"(?<![\w-])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|A(?:KI|SI)A[A-Z0-9]{16}|xox[abeprs]-[\w-]{10,}|sk[_-](?:live_|test_)?[\w-]{20,}"
    r"|AIza[\w-]{30,}|npm_\w{30,}|pypi-[\w-]{16,}|hf_[A-Za-z0-9]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
)
_PEM: Final = pattern(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_LOGIN: Final = pattern(r"(://[^\s:/@'\"]*:)([^\s/@'\"]+)(?=@)")
# `mysql -pPASSWORD`, `redis-cli -a PASSWORD`: one letter tells nothing without the program.
_CLIENT: Final = pattern(
    r"(\b(?:(?:mysql|mariadb)[\w-]{0,40}\b[^\n|;&]{0,400}?\s-p|(?:redis|valkey)-cli\b[^\n|;&]{0,400}?\s-a\s+))([^\s'\"$]+)"
)
_RANDOM: Final = pattern(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)[A-Za-z0-9+/_=-]{32,}")

_VALUE: Final = r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;'\"`)}\]]+)"
_SET: Final = pattern(r"([A-Za-z_][\w.-]{0,200})(=)" + _VALUE)
_FLAG: Final = pattern(r"(?<![\w-])--?([A-Za-z][\w.-]{0,200})(\s+|\",\s*\"|',\s*')(?!-)" + _VALUE)
_LINE: Final = pattern(r"([A-Za-z_][\w.-]{0,200})(['\"]?\s*[:=]\s*)" + _VALUE)
_BARE: Final = pattern(r"^([ \t]*)(requirepass|masterauth)([ \t]+)(\S.*)$", re.MULTILINE | re.IGNORECASE)
_SECRET_KIND: Final = pattern(r"^(?:kind:\s*['\"]?Secret\b|.*['\"]kind['\"]:\s*['\"]Secret['\"])", re.MULTILINE)
_SECRET_DATA: Final = pattern(r"^(\s*)(?:data|stringData):", re.MULTILINE)


_Blot = Callable[[str], str]


@lru_cache(maxsize=4096)
def _secret_name(name: str) -> bool:
    return _may_name(name) and _NAME.search(name) is not None and _REFERENCE.search(name) is None and name.lower() not in ("key", "keys")


def telling(name: str, value: str) -> bool:
    """Say whether a variable or flag of this name and value is a secret. Switches, amounts and references to others are not."""
    plain = value.strip("'\"")
    if not plain or (plain[0] == "$" and _PLACEHOLDER.fullmatch(plain)):
        return False
    if _secret_name(name) and (not _TAME.fullmatch(plain) or (_STRICT.search(name) is not None and plain.isdigit())):
        return True
    return (_may_be_token(plain) and _TOKEN.search(plain) is not None) or (len(plain) >= 32 and _RANDOM.fullmatch(plain) is not None)


def masked(text: str, values: Iterable[str] = ()) -> str:
    """Return a message without secrets. `values`: those that are known to be secret, wherever they stand."""
    for value in values:
        if value in text:  # a word of its own: the names of others may hold it
            text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", HIDDEN, text)
    return _named(_looks(text, lambda _secret: HIDDEN), lambda _secret: HIDDEN, (_SET, _FLAG))


def _may_name(text: str) -> bool:
    """Say quickly that `_NAME` cannot match. Letters beyond ASCII have cases of their own (`ſ` is an s), so the pattern has to look."""
    if not text.isascii():
        return True
    lower = text.lower()
    return (
        "pass" in lower or "key" in lower or "secret" in lower or "auth" in lower
        or "token" in lower or "pwd" in lower or "cookie" in lower or "credential" in lower
    )  # fmt: skip


def _may_be_token(text: str) -> bool:
    """Say quickly that `_TOKEN` cannot match."""
    return (
        "sk-" in text or "sk_" in text or "eyJ" in text or "xox" in text or "hf_" in text or "npm_" in text or "pypi-" in text
        or "ghp_" in text or "gho_" in text or "ghu_" in text or "ghs_" in text or "ghr_" in text or "github_pat_" in text
        or "glpat-" in text or "AKIA" in text or "ASIA" in text or "AIza" in text
    )  # fmt: skip


def _looks(text: str, blot: _Blot) -> str:
    """Mask what its look gives away."""
    text = _spread(text, blot)
    if "://" in text and "@" in text:
        text = _LOGIN.sub(lambda match: match[1] + blot(match[2]), text)
    if _may_be_token(text):
        text = _TOKEN.sub(lambda match: blot(match[0]), text)
    return text


def _spread(text: str, blot: _Blot) -> str:
    """Mask what its look gives away and may stand on more than one line."""
    if "PRIVATE KEY" in text:
        text = _PEM.sub(lambda match: blot(match[0]), text)
    if (("mysql" in text or "mariadb" in text) and _holds(text, "-p")) or (
        ("redis-cli" in text or "valkey-cli" in text) and _holds(text, "-a")
    ):
        text = _CLIENT.sub(lambda match: match[1] + blot(match[2]), text)
    return text


def _holds(text: str, option: str) -> bool:
    """Say whether white space stands before an option somewhere."""
    at = text.find(option)
    while at >= 0:
        if at and text[at - 1].isspace():
            return True
        at = text.find(option, at + 1)
    return False


def _named(text: str, blot: _Blot, forms: Sequence[re.Pattern[str]]) -> str:
    """Mask what its name gives away."""
    return _pairs(text, blot, forms) if _may_name(text) and _NAME.search(text) is not None else text


def _pairs(text: str, blot: _Blot, forms: Sequence[re.Pattern[str]]) -> str:
    for form in forms:
        text = form.sub(lambda match: _pair(match, blot, forms), text)
    return text


def _pair(match: re.Match[str], blot: _Blot, forms: Sequence[re.Pattern[str]]) -> str:
    name, value = match[1], match[match.re.groups]
    quote = value[0] if value[0] in "'\"" and value[-1] == value[0] and len(value) > 1 else ""
    inside = value[1:-1] if quote else value
    return match[0][: -len(value)] + quote + (blot(inside) if telling(name, value) else _named(inside, blot, forms)) + quote


def source(text: str, shown: Iterable[Span], spans: Iterable[tuple[int, int]] = ()) -> str:
    """Return the text of a file with secrets blotted out, each character by one.

    `shown`: the places that a report points at; lines that are not around them need no closer look and are blotted out as a whole.
    `spans`: where secrets are known to stand.
    """
    for start, end in spans:
        text = text[:start] + _blotted(text[start:end]) + text[end:]
    if "Secret" in text and _SECRET_KIND.search(text):
        text = "".join(map(_secret_object, re.split(r"(?m)^(?=---)", text)))
    text = _spread(text, _blotted)
    pieces: list[str] = []
    done = 0
    for start, end in _seen(text, shown):
        pieces += _unseen(text[done:start]), _lines(text[start:end])
        done = end
    return "".join((*pieces, _unseen(text[done:])))


def _seen(text: str, shown: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """Yield the lines around the places that a report shows, as (start, end), neighbours together."""
    begin = end = -1
    for first in sorted({span.start for span in shown}):
        start = text.rfind("\n", 0, first) + 1
        after = text.find("\n", first)
        for _ in range(CONTEXT):
            start = text.rfind("\n", 0, max(start - 1, 0)) + 1
            after = text.find("\n", after + 1) if after >= 0 else after
        after = after if after >= 0 else len(text)
        if start > end:
            if begin >= 0:
                yield begin, end
            begin = start
        end = max(end, after)
    if begin >= 0:
        yield begin, end


def _lines(text: str) -> str:
    text = _looks(text, _blotted)
    if not _may_name(text):
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _may_name(line) and _NAME.search(line):
            bare = _BARE.sub(lambda match: match[1] + match[2] + match[3] + _blotted(match[4]), line)
            lines[number] = _pairs(bare, _blotted, (_LINE, _FLAG))
    return "\n".join(lines)


_ASCII_BLOTS: Final = bytes(code if code in b"\r\n" else 0x2A for code in range(128)) + bytes(128)


def _unseen(text: str) -> str:
    """Return a text of the same lines and lengths that tells nothing."""
    return text.encode("ascii").translate(_ASCII_BLOTS).decode("ascii") if text.isascii() else _blotted(text)


def _blotted(text: str) -> str:
    return re.sub(r"[^\r\n]", _BLOT, text) if "\r" in text else "\n".join(_BLOT * len(line) for line in text.split("\n"))


def _secret_object(text: str) -> str:
    """Blot out everything below `data` and `stringData` of a Kubernetes Secret."""
    if "Secret" not in text or _SECRET_KIND.search(text) is None:
        return text
    lines = text.split("\n")
    depth = -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if depth >= 0 and line.strip() and indent <= depth:
            depth = -1
        begins = _SECRET_DATA.match(line)
        if begins:
            depth = len(begins[1])
        if depth >= 0:
            key, colon, value = line.partition(":")
            lines[number] = key + colon + re.sub(r"\S", _BLOT, value) if colon else re.sub(r"\S", _BLOT, line)
    return "\n".join(lines)


def redacted(report: Report, model: bool = True) -> Report:
    """Return a report without the values of secrets: in messages, source lines, environments and command lines.

    `model`: whether the workloads stay in it.
    """
    known, texts = parted(report)
    # Short and plain words would blot out half of a message; where such a one stands behind its name it is masked all the same.
    values = sorted({value for value in known.secrets if len(value) >= 8 and not value.isalpha()} - known.names, key=len, reverse=True)
    return report._replace(
        project=_project(report.project, values) if model else Project(),
        diagnostics=tuple(_diagnostic(item, values) for item in report.diagnostics),
        problems=tuple(problem._replace(message=masked(problem.message, values)) for problem in report.problems),
        texts=texts,
        apart=Apart(report.apart.containers if model else report.containers),
    )


def parted(report: Report) -> tuple[Apart, dict[str, str]]:
    """Return what redacting a report needs to know of its workloads, and its texts without the values of secrets."""
    found = list(_secrets(report.project))
    names = {name for workload in report.project.workloads for name in (workload.name, *(item.name for item in workload.containers))}
    spans: dict[str, list[tuple[int, int]]] = {}
    for value, span in found:
        text = report.texts.get(span.path)
        if text is not None:
            at = text.find(value, span.start, span.end)
            spans.setdefault(span.path, []).append((at, at + len(value)) if at >= 0 else (span.start, span.end))
    shown: dict[str, list[Span]] = {}
    for item in report.diagnostics:
        for at_span in (item.finding.at, *(note.at for note in item.finding.notes)):
            shown.setdefault(at_span.path, []).append(at_span)
    done = report.apart.masked
    texts = {path: text if path in done else source(text, shown.get(path, ()), spans.get(path, ())) for path, text in report.texts.items()}
    values = report.apart.secrets | {value for value, _ in found}
    return Apart(report.containers, report.apart.names | names, values, done | texts.keys()), texts


def _secrets(project: Project) -> Iterator[tuple[str, Span]]:
    seen: set[int] = set()
    for workload in project.workloads:
        for container in workload.containers:
            image = container.process.image
            for env in (container.env, container.process.env, image.env if image else {}):
                if id(env) in seen:
                    continue
                seen.add(id(env))
                for name, value in env.items():
                    if isinstance(value, Known) and telling(name, value.value):
                        yield value.value, value.origin.span


def _diagnostic(item: Diagnostic, values: Iterable[str]) -> Diagnostic:
    finding = item.finding
    message, notes = masked(finding.message, values), tuple(Note(note.at, masked(note.text, values)) for note in finding.notes)
    if message == finding.message and notes == finding.notes:
        return item
    return item._replace(finding=finding._replace(message=message, notes=notes))


def _project(project: Project, values: Iterable[str]) -> Project:
    return project._replace(
        workloads=tuple(_workload(workload, values) for workload in project.workloads),
        joined=tuple(masked(line, values) for line in project.joined),
    )


def _workload(workload: Workload, values: Iterable[str]) -> Workload:
    return workload._replace(containers=tuple(_container(container, values) for container in workload.containers))


def _container(container: Container, values: Iterable[str]) -> Container:
    return container._replace(
        env=environment(container.env),
        entrypoint=_argv(container.entrypoint, values),
        command=_argv(container.command, values),
        process=_process(container.process, values),
    )


def _process(process: Process, values: Iterable[str]) -> Process:
    image = process.image
    return process._replace(
        words=_argv(process.words, values),
        why=masked(process.why, values),
        env=environment(process.env),
        image=image._replace(env=environment(image.env)) if image is not None and image.env else image,
    )


def environment(env: Environment) -> Mapping[str, Text]:
    """Return an environment in which the values of secrets are `HIDDEN`."""
    return {name: value._replace(value=_value(name, value.value)) if isinstance(value, Known) else value for name, value in env.items()}


def _value(name: str, value: str) -> str:
    return HIDDEN if telling(name, value) else masked(value)


def _argv(words: Words | None, values: Iterable[str]) -> Words | None:
    return None if words is None else tuple(_words(words, values))


def _words(words: Words, values: Iterable[str]) -> Iterator[Word]:
    flag = program = ""
    for word in words:
        if not isinstance(word, Known):
            flag = ""
            yield word
            continue
        text = word.value
        program = program or text.rpartition("/")[2]
        client = program.startswith(("mysql", "mariadb", "redis-cli", "valkey-cli"))
        if client and (_CLIENT.fullmatch(f"{program} -{flag} {text}") or _CLIENT.fullmatch(f"{program} {text}")):
            yield word._replace(value=f"-p{HIDDEN}" if text.startswith("-p") else HIDDEN)
        elif flag and not text.startswith("-") and telling(flag, text):
            yield word._replace(value=HIDDEN)
        else:
            shown = masked(text, values)
            yield word if shown == text else word._replace(value=shown)
        flag = text.lstrip("-") if text.startswith("-") and "=" not in text else ""
