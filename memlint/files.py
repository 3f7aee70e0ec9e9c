"""The only module that reads and writes: walks, reads, decodes, writes. Everything that it refuses becomes a problem."""

import errno
import fnmatch
import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TextIO

from memlint.model import Problem
from memlint.sources import kinds
from memlint.sources.text import Source

if TYPE_CHECKING:
    import tarfile

MAX_BYTES: Final = 8 << 20  # of a file
MAX_STREAM: Final = 64 << 20  # bytes that come through `-`
MAX_TREE: Final = 2 << 30  # bytes of the tree of a git reference
_SKIPPED: Final = frozenset(
    (".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".nox", ".terraform", ".mypy_cache")
)
_HIDDEN_READ: Final = frozenset(
    (".github", ".gitlab", ".devcontainer", ".circleci", ".gitlab-ci.yml", ".gitlab-ci.yaml", ".devcontainer.json")
)


class _Stream(Source):
    """A text that is in no file."""

    __slots__ = ()

    editable = False


class Library:
    """The files of one run. Paths are posix and relative to where memlint runs, as the user would type them.

    `base` is another folder that stands for it: a tree of the past keeps the paths of today. `overlay` holds texts that are to be
    taken in place of what is on the disk: a fix is judged before it is written. `shard` (2, 4) is the second of four parts of the
    folders that are given: a folder directly below them goes into one part with all that is in it, so that what belongs together is
    judged together; hidden folders and the files beside them are read with every part, as they may say how the folders are built.
    """

    def __init__(self, base: str = "", overlay: Mapping[str, str] | None = None) -> None:
        self.base = base
        self._overlay = overlay or {}
        self.problems: list[Problem] = []
        self.by_kind: dict[str, list[Source]] = {}
        self.skipped: dict[str, list[str]] = {}
        self._read: dict[str, Source | None] = {}
        self._roots: list[str] = []
        self._refused: set[str] = set()
        self._places: dict[str, str] = {}  # folder -> where it really is
        self._taken: set[str] = set()
        self._given: list[str] = []
        self.shard: tuple[int, int] | None = None
        self.beside: set[str] = set()  # files that were read because another one names them

    @property
    def judged(self) -> list[str]:
        return sorted(source.path for kind, sources in self.by_kind.items() if kind in kinds.JUDGED for source in sources)

    def add(self, paths: Iterable[str], exclude: Iterable[str] = (), markdown: bool = False) -> None:
        """Take up files and whole folders; a path that is not there is a problem."""
        self.take(self.walk(paths, exclude), markdown)

    def take(self, found: Iterable[tuple[str, bool]], markdown: bool = False) -> None:
        """Take up what `walk` found."""
        for path, explicit in found:
            self._take(path, explicit, markdown)
        self._order()

    def add_some(self, folders: Iterable[str], paths: Iterable[str], markdown: bool = False) -> None:
        """Take up files that another library found in `folders`."""
        for folder in folders:
            self._roots.append(root_of(self._real(clean(folder))))
        for path in paths:
            self._take(path, explicit=False, markdown=markdown)
        self._order()

    def _order(self) -> None:
        # The joins take files in order, and the same files give the same report however they were named.
        for sources in self.by_kind.values():
            sources.sort(key=lambda source: source.path)

    def walk(self, paths: Iterable[str], exclude: Iterable[str] = ()) -> Iterator[tuple[str, bool]]:
        """Yield the files below `paths` that may be judged by their names, each with whether it was given itself."""
        excluded = tuple(exclude)
        for path in paths:
            name = clean(path)
            try:
                mode = os.stat(self._real(path)).st_mode  # noqa: PTH116  # strings all through: pathlib costs more than the read
            except (OSError, ValueError) as error:
                self.problems.append(Problem(_shown(path), _reason(error)))
                continue
            if stat.S_ISDIR(mode):
                self._roots.append(root_of(self._real(name)))
                self._given.append(name)
                for found in self._walk(name, excluded):
                    yield found, False
            else:
                self._roots.append(root_of(self._real(posixpath.dirname(name) or ".")))
                yield name, True

    def add_text(self, path: str, text: str) -> None:
        """Take up a text that came from a stream under the name `path`."""
        self._roots.append(root_of(posixpath.dirname(path) or "."))
        source = _Stream(path, text)
        self._read[path] = source
        kind = kinds.by_name(path.rpartition("/")[2]) or "yaml"
        self._sort(source, kinds.by_text(path, kind, text), explicit=True)

    def mine(self, path: str) -> bool:
        """Say whether this shard reports what is found at `path`; what lies outside the given folders is reported by all that see it."""
        for folder in self._given if self.shard is not None else ():
            if folder == "." and not path.startswith(("/", "../")):
                return self._holds(path)
            if path.startswith(folder.rstrip("/") + "/"):
                return self._holds(path[len(folder.rstrip("/")) + 1 :])
        return True

    def _holds(self, below: str) -> bool:
        folder, slash, _ = below.partition("/")
        return self.shard is None or _part(folder if slash else "", self.shard[1]) == self.shard[0]

    def lookup(self, path: str) -> Source | None:
        """Return a file of the project by path, None where there is none; one that may not be read is a problem, once."""
        if path in self._read:
            return self._read[path]
        source: Source | None = None
        if not self._inside(path):
            if path not in self._refused and os.path.exists(self._real(path)):  # noqa: PTH110
                self._refused.add(path)
                self.problems.append(Problem(path, "lies outside the project: memlint does not read it"))
        elif _is_file(self._real(path)):
            self.beside.add(path)
            source = self._load(path)
        self._read[path] = source
        return source

    def _real(self, path: str) -> str:
        return os.path.join(self.base, path) if self.base else path  # noqa: PTH118

    def _inside(self, path: str) -> bool:
        folder, name = os.path.split(self._real(path))
        if folder not in self._places:
            self._places[folder] = os.path.realpath(folder)
        real = os.path.join(self._places[folder], name)  # noqa: PTH118
        if name in ("", ".", "..") or os.path.islink(real):  # noqa: PTH114
            real = os.path.realpath(real)
        return any(_below(real, root) for root in self._roots)

    def _take(self, path: str, explicit: bool, markdown: bool) -> None:
        name = path.rpartition("/")[2]
        kind = kinds.by_name(name)
        if kind is None and explicit:
            kind = "yaml"
        if kind is None or (kind == "markdown" and not markdown and not explicit):
            return
        if path in self._taken:  # given twice, or as a file and with its folder
            return
        self._taken.add(path)
        source = self._read[path] if path in self._read else self._load(path)
        self._read[path] = source
        if source is not None:
            self._sort(source, kinds.by_text(path, kind, source.text), explicit)

    def _sort(self, source: Source, kind: str, explicit: bool) -> None:
        if kind in kinds.JUDGED:
            self.by_kind.setdefault(kind, []).append(source)
        elif kind == "other-yaml" and explicit:
            self.by_kind.setdefault("other", []).append(source)
        elif kind != "other-json":
            self.skipped.setdefault(kind, []).append(source.path)

    def _walk(self, folder: str, exclude: tuple[str, ...]) -> Iterator[str]:
        pending = [folder]
        while pending:
            current = pending.pop()
            prefix = "" if current == "." else current + "/"
            try:
                with os.scandir(self._real(current)) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.problems.append(Problem(_shown(current), _reason(error)))
                continue
            folders = []
            for entry in found:
                name, path = entry.name, prefix + entry.name
                if name in _SKIPPED or (name.startswith(".") and name not in _HIDDEN_READ) or _excluded(path, exclude):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if current != folder or name.startswith(".") or self._holds(name + "/"):
                        folders.append(path)
                elif kinds.by_name(name) is not None:
                    if entry.is_symlink() and not (os.path.isfile(self._real(path)) and self._inside(path)):  # noqa: PTH113
                        self.skipped.setdefault("link", []).append(path)
                        continue
                    yield path
            pending.extend(reversed(folders))

    def _load(self, path: str) -> Source | None:
        if path in self._overlay:
            return Source(path, self._overlay[path])
        try:
            data = _bytes(self._real(path))
        except (OSError, ValueError) as error:
            self.problems.append(Problem(_shown(path), _reason(error)))
            return None
        text, problem = decode(path, data)
        if problem is not None:
            self.problems.append(problem)
        return None if text is None else Source(path, text)


def _part(folder: str, count: int) -> int:
    """Return the number (from 1) of the shard that a folder goes to: it hangs on the name alone, whatever else there is."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(folder.encode("utf-8", "surrogateescape"), digest_size=8).digest(), "big") % count + 1


def decode(path: str, data: bytes) -> tuple[str | None, Problem | None]:
    """Return the text of a file: UTF-8, or UTF-16 with its mark; else a problem with line and column."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), None
        except UnicodeDecodeError:
            return None, Problem(_shown(path), "begins as UTF-16 but is not")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        return None, Problem(_shown(path), f"is not UTF-8: byte 0x{data[error.start]:02x}", line, column)
    return text.removeprefix("\ufeff"), None


def _bytes(path: str, most: int = MAX_BYTES) -> bytes:
    # Not blocking: opening a FIFO would wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is not a regular file")
        if status.st_size > most:
            raise ValueError(f"is larger than {most >> 20} MiB, which memlint does not read")
        data = b""
        while len(data) <= most:
            chunk = os.read(descriptor, most + 1 - len(data))
            if not chunk:
                return data
            data += chunk
        raise ValueError(f"is larger than {most >> 20} MiB, which memlint does not read")
    finally:
        os.close(descriptor)


def _is_file(path: str) -> bool:
    """Say whether something stands there that is read as a file; a FIFO or a device is then refused by name, not passed over."""
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        return False


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def root_of(folder: str) -> str:
    """Return the absolute folder that bounds what may be read for `folder`: the checkout that holds it, else the folder itself."""
    start = current = os.path.realpath(folder)
    while True:
        if os.path.exists(os.path.join(current, ".git")):  # noqa: PTH110, PTH118
            return current
        parent = os.path.dirname(current)  # noqa: PTH120
        if parent == current:
            return start
        current = parent


def clean(path: str) -> str:
    """Return a path as memlint writes it: posix, without `./` and `..` in the middle."""
    return posixpath.normpath(path.replace(os.sep, "/"))


def overlapping(folders: Iterable[str]) -> bool:
    """Say whether a folder is given twice, or with one that is in it."""
    ordered = sorted(os.path.realpath(folder) for folder in folders)
    return any(_below(path, folder) for number, path in enumerate(ordered) for folder in ordered[:number])


def _excluded(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"*/{pattern}") for pattern in patterns)


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        if error.errno == errno.ENOENT:
            return "no such file or folder"
        return (error.strerror or str(error)).lower()
    return str(error)


def folder_name() -> str:
    """Return the name of the folder where memlint runs."""
    return os.path.basename(os.getcwd())  # noqa: PTH109, PTH119


def find_config(given: str | None, start: str) -> tuple[Source | None, list[Problem]]:
    """Return the configuration file: the one that is given, else the first found upwards from `start`."""
    if given is not None:
        return read(given)
    folder = os.path.realpath(start)
    if not os.path.isdir(folder):  # noqa: PTH112
        folder = os.path.dirname(folder)  # noqa: PTH120
    root = root_of(folder)
    while True:
        for name in (".memlint.yaml", ".memlint.yml", "pyproject.toml"):
            path = os.path.join(folder, name)  # noqa: PTH118
            if _is_file(path):
                shown = os.path.relpath(path)
                # A stranger's link could have a message quote any file of this machine.
                if os.path.islink(path) and not _below(os.path.realpath(path), root):  # noqa: PTH114
                    return None, [Problem(_shown(shown), "is a link that leads out of the project: memlint does not read it")]
                source, problems = read(shown)
                if name != "pyproject.toml" or problems or (source is not None and "tool.memlint" in source.text):
                    return source, problems
        parent = os.path.dirname(folder)  # noqa: PTH120
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):  # noqa: PTH110, PTH118
            return None, []
        folder = parent


def read(path: str, most: int = MAX_BYTES) -> tuple[Source | None, list[Problem]]:
    """Return one file that an option names, or why it cannot be read. `most`: bytes that it may have."""
    try:
        text, problem = decode(path, _bytes(path, most))
    except (OSError, ValueError) as error:
        return None, [Problem(_shown(path), _reason(error))]
    return (Source(_shown(path), text), []) if text is not None else (None, [problem] if problem else [])


def stream(stdin: TextIO | None) -> tuple[str, Problem | None]:
    """Return the text that comes through a stream, or why it cannot be read."""
    if stdin is None:
        return "", Problem("-", "the standard input is closed")
    binary = getattr(stdin, "buffer", None)
    data: bytes = binary.read(MAX_STREAM + 1) if binary is not None else stdin.read(MAX_STREAM + 1).encode("utf-8", "surrogatepass")
    if len(data) > MAX_STREAM:
        return "", Problem("-", f"is larger than {MAX_STREAM >> 20} MiB, which memlint does not read")
    text, problem = decode("-", data)
    return text or "", problem


def checkout(reference: str, folder: str) -> tuple[str, str]:
    """Unpack the tree of a git reference into `folder`; return the folder that stands for the current one, and an error or "".

    The repository's own settings run nothing and fetch nothing: filters are off, and git knows no way to another host.
    """
    import subprocess
    import tarfile

    environment = {**os.environ, "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}

    def git(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["git", *words], capture_output=True, check=False, env=environment)  # noqa: S603, S607

    if reference.startswith("-"):
        return "", f"'{reference}' is no git reference"
    try:
        top, prefix = git("rev-parse", "--show-toplevel"), git("rev-parse", "--show-prefix")
        if top.returncode:
            return "", "this folder is no git checkout"
        commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{tree}}")
        if commit.returncode:
            return "", "there is no such reference"
        filters = git("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.(smudge|process|required)$").stdout
        off = [word for name in filters.split(b"\0") if name for word in ("-c", f"{os.fsdecode(name)}=")]
        command = ["git", *off, "archive", "--format=tar", os.fsdecode(commit.stdout.strip())]
        with subprocess.Popen(  # noqa: S603  # our own arguments, and the names of settings
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=os.fsdecode(top.stdout.rstrip(b"\n"))
        ) as archive:
            try:
                with tarfile.open(fileobj=archive.stdout, mode="r|") as tar:
                    error = _unpack(tar, folder)
            except tarfile.TarError:
                error = ""
            assert archive.stdout is not None
            assert archive.stderr is not None
            archive.stdout.close()
            told = archive.stderr.read().decode("utf-8", "replace").strip().splitlines()
    except OSError as failure:
        return "", f"git cannot be run: {failure.strerror}"
    if error or archive.returncode:
        return "", error or (told or ["git archive failed"])[-1]
    # What lies above the given folders belongs to the project there too.
    with open(os.path.join(folder, ".git"), "wb"):  # noqa: PTH118, PTH123
        return os.path.join(folder, os.fsdecode(prefix.stdout.rstrip(b"\n"))), ""  # noqa: PTH118


def _unpack(tar: "tarfile.TarFile", folder: str) -> str:
    """Unpack what memlint could read: files up to its bound, and links that stay inside. Return an error or ""."""
    import tarfile

    left = MAX_TREE
    for member in tar:
        if not (member.isdir() or member.issym() or (member.isfile() and member.size <= MAX_BYTES)):
            continue
        left -= member.size
        if left < 0:
            return f"its tree is larger than {MAX_TREE >> 20} MiB, which memlint does not read"
        try:
            tar.extract(member, folder, filter="data")
        except tarfile.FilterError:  # a link out of the tree
            continue
    return ""


def write(path: str, text: str, append: bool = False) -> Problem | None:
    """Write a report; a path that cannot be written is a problem. What UTF-8 cannot hold (a file name may) is written as an escape."""
    if not os.path.isabs(path) and not clean(path).startswith("..") and not _below(os.path.realpath(path), os.path.realpath(".")):  # noqa: PTH117
        return Problem(_shown(path), "is a link that leads elsewhere: memlint does not write through it")
    try:
        with open(path, "a" if append else "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:  # noqa: PTH123
            file.write(text)
    except (OSError, ValueError) as error:
        return Problem(_shown(path), f"cannot be written: {_reason(error)}")
    return None


def size(path: str) -> int:
    """Return the bytes of a file, 0 where there is none."""
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0


def distinct(paths: Iterable[str]) -> list[str]:
    """Return the paths without those that are links to a file that another of them names."""
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: (os.path.islink(path), path)):  # noqa: PTH114
        found.setdefault(os.path.realpath(path), path)
    return sorted(found.values())


def replace(path: str, before: str, after: str) -> Problem | None:
    """Give a file a new text, whole or not at all; refused where it no longer holds `before`. Mode, owner and byte order mark are kept."""
    import contextlib
    import tempfile

    target = os.path.realpath(path)
    temporary = None
    try:
        data = _bytes(target)
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return Problem(_shown(path), "is UTF-16, which memlint does not write")
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        if data != mark + before.encode("utf-8"):
            return Problem(_shown(path), "changed while memlint looked at it: not written")
        descriptor, temporary = tempfile.mkstemp(prefix=".memlint-", dir=os.path.dirname(target))  # noqa: PTH120
        with os.fdopen(descriptor, "wb") as file:
            file.write(mark + after.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        was = os.stat(target)  # noqa: PTH116
        with contextlib.suppress(OSError, AttributeError):  # only root may, and not every system has it
            os.chown(temporary, was.st_uid, was.st_gid)
        os.chmod(temporary, stat.S_IMODE(was.st_mode))  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
        temporary = None
    except (OSError, ValueError) as error:
        return Problem(_shown(path), f"cannot be written: {_reason(error)}")
    finally:
        if temporary is not None and os.path.exists(temporary):  # noqa: PTH110
            os.unlink(temporary)  # noqa: PTH108
    return None
