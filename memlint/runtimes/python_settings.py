"""The settings that a Python file assigns at its top level (gunicorn.conf.py, celeryconfig.py), read with `ast` and never run."""

import ast
import warnings
from collections.abc import Callable, Mapping
from typing import Final

from memlint.model import Known, Unknown
from memlint.patterns import pattern
from memlint.records import NamedTuple

MAX_SIZE: Final = 100_000  # characters of a file: Python itself reads an f-string of many fields in square time
_RUN = "it cannot be worked out without running the file"
_LINE_END = pattern(r"\r\n?|\n")
_CPU_COUNTS = ("cpu_count", "process_cpu_count", "sched_getaffinity")

Variable = Callable[[str], Known[str] | Unknown | None]


class Setting(NamedTuple):
    """One assignment. `value` is a str, int or bool; None where it cannot be known (`why`). `start`..`end`: offsets of the expression.

    `cpus`: the number follows the CPUs of the host, and `value` is what one CPU gives.
    """

    value: str | int | bool | None
    start: int
    end: int
    cpus: bool = False
    why: str = ""


class _UnknowableError(Exception):
    """An expression that only running it would tell; the message is why."""


class _UnsetError(_UnknowableError):
    """A variable that is not set, which `or` steps over."""


def settings(text: str, variable: Variable) -> Mapping[str, Setting]:
    """Return what a file assigns, the last assignment of each name. `variable` looks environment variables up. Never raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the reader's own file, and on stderr
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    found: dict[str, Setting] = {}
    reader = _Reader(variable, found)
    for statement in module.body:
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
            expression = statement.value
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
            expression = statement.value
        else:
            for name in _assigned(statement):
                found[name] = Setting(None, 0, 0, why=f"{name} is set under a condition")
            continue
        if expression is None:
            continue
        setting = _setting(expression, reader, starts)
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = setting
    return found


def _setting(expression: ast.expr, reader: "_Reader", starts: list[int]) -> Setting:
    # `ast` counts columns in UTF-8 bytes: behind a letter outside ASCII the mark shifts within its line, never out of the file.
    size = starts[-1]
    start = min(starts[expression.lineno - 1] + expression.col_offset, size)
    end = min(starts[(expression.end_lineno or expression.lineno) - 1] + (expression.end_col_offset or 0), size)
    cpus = any(reader.counts_cpus(node) for node in ast.walk(expression))
    try:
        return Setting(reader.read(expression), start, end, cpus)
    except _UnknowableError as problem:
        return Setting(None, start, end, cpus, str(problem))
    except (ArithmeticError, ValueError, TypeError, RecursionError):
        return Setting(None, start, end, cpus, _RUN)


def _assigned(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


class _Reader:
    """Works out constants, whole-number arithmetic, environment variables and CPU counts."""

    def __init__(self, variable: Variable, names: Mapping[str, Setting]) -> None:
        self.variable = variable
        self.names = names

    def counts_cpus(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            setting = self.names.get(node.id)
            return setting is not None and setting.cpus
        return isinstance(node, ast.Call) and _dotted(node.func).rsplit(".", 1)[-1] in _CPU_COUNTS

    def read(self, node: ast.expr) -> str | int | bool:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
            return node.value
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.BinOp):
            return self._arithmetic(node)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return self._or(node.values)
        if isinstance(node, ast.Subscript) and _dotted(node.value) in ("os.environ", "environ"):
            return self._variable(self.read(node.slice), None)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise _UnknowableError(_RUN)

    def _name(self, name: str) -> str | int | bool:
        setting = self.names.get(name)
        if setting is None or setting.value is None:
            raise _UnknowableError(setting.why if setting else f"{name} is set elsewhere")
        return setting.value

    def _or(self, values: list[ast.expr]) -> str | int | bool:
        for value in values[:-1]:
            try:
                read = self.read(value)
            except _UnsetError:
                continue
            if read:
                return read
        return self.read(values[-1])

    def _arithmetic(self, node: ast.BinOp) -> int:
        left, right = self.read(node.left), self.read(node.right)
        if not isinstance(left, int) or not isinstance(right, int) or max(abs(left), abs(right)) > 1 << 40:
            raise _UnknowableError(_RUN)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.FloorDiv | ast.Div):
            return left // right
        raise _UnknowableError(_RUN)

    def _call(self, node: ast.Call) -> str | int | bool:
        name = _dotted(node.func)
        arguments = node.args
        if self.counts_cpus(node):
            return 1
        if name in ("os.getenv", "getenv", "os.environ.get", "environ.get") and arguments:
            return self._variable(self.read(arguments[0]), arguments[1] if len(arguments) > 1 else None)
        if name in ("int", "str", "len") and len(arguments) == 1:
            value = self.read(arguments[0])
            return value if name == "len" and isinstance(value, int) else str(value) if name == "str" else int(value)
        if name in ("min", "max") and arguments:
            values = [self.read(argument) for argument in arguments]
            numbers = [value for value in values if isinstance(value, int)]
            if len(numbers) == len(values):
                return min(numbers) if name == "min" else max(numbers)
        raise _UnknowableError(_RUN)

    def _variable(self, name: str | int | bool, default: ast.expr | None) -> str | int | bool:
        value = self.variable(str(name))
        if isinstance(value, Known):
            given: str = value.value
            return given
        if isinstance(value, Unknown):
            raise _UnknowableError(value.why)
        if default is None or (isinstance(default, ast.Constant) and default.value is None):
            raise _UnsetError(f"the variable {name} is not set")
        return self.read(default)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""
