"""Shell scripts and command lines: which commands run with which words, what they exec, which variables go into them.

A script is followed in the order in which it runs: what it assigns is known, what depends on a condition, a command's output or
the outside is Unknown, and `assumed` says what a word would be if nothing were set from outside. Functions are followed where
they are called. Nothing is run. tree-sitter-bash is imported when the first script is read; no text makes this module raise.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from memlint.model import Known, Origin, Span, Text, Unknown, Word, Words
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources import dockerfile_words
from memlint.sources.interpolation import HOLE
from memlint.sources.text import Source

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

Lookup = Callable[[str], Text]
Locate = Callable[[int, int], Span]

MAX_SIZE: Final = 1_000_000  # characters of a script
_MAX_DEPTH: Final = 60  # nested statements or expansions
_MAX_CALLS: Final = 200  # calls of functions that are followed
_MAX_COMMANDS: Final = 5000  # of a script whose functions are followed at every call
_MAX_TEXT: Final = 50_000  # characters of a variable
_MAX_SPLIT: Final = 50_000  # words that variables become in one script
_MAX_ITEMS: Final = 200  # words of an array, arguments of a function
_MAX_CHAIN: Final = 8  # assignments through which a value is traced back
# What a shell sets itself: unset outside does not mean empty.
_SHELL_OWN: Final = frozenset((
    "BASH", "BASHPID", "BASH_SOURCE", "BASH_VERSION", "EUID", "FUNCNAME", "HOME", "HOSTNAME", "IFS", "LINENO", "MACHTYPE", "OLDPWD", "OPTARG",
    "OPTIND", "OSTYPE", "PATH", "PIPESTATUS", "PPID", "PWD", "RANDOM", "REPLY", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "UID", "USER", "_",
))  # fmt: skip
# Commands that never are what a container is for.
_CHORES: Final = frozenset((
    ".", ":", "[", "[[", "break", "builtin", "cat", "cd", "chgrp", "chmod", "chown", "command", "continue", "cp", "declare", "dirname", "echo",
    "eval", "exit", "export", "false", "find", "getopts", "grep", "hash", "id", "kill", "let", "ln", "local", "ls", "mkdir", "mktemp", "mv",
    "popd", "printf", "pushd", "pwd", "read", "readonly", "return", "rm", "sed", "set", "shift", "shopt", "sleep", "source", "stat", "tee",
    "test", "touch", "tr", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "usermod", "wait", "which",
))  # fmt: skip


class Field(NamedTuple):
    """One word after expansion. `text` None: not all of it is known; `shape` then has a HOLE for each piece that is not.

    `elastic`: it may turn out to be no word or several. `via`: where its variables were assigned.
    """

    text: str | None
    why: str
    via: tuple[Origin, ...]
    elastic: bool
    at: Span
    shape: str = HOLE


class Command(NamedTuple):
    """A simple command. `words` begins with the program; `exec` itself and its options are left off.

    `assumed`: the words if nothing is set from outside and defaults hold. `fields`: the words with only the defaults filled in, and
    what is known of those that are not known whole. `elastic`: indices of unknown words that may turn out to be
    none or several. `variables`: what comes from outside the script into the words ("@" for the arguments, "1", …).
    `conditional`: it runs only under a condition, or again and again; `tail`: the script may end with it; `function`: the function that
    it stands in; `calls`: it is a call of a function of this script. `forwards`: index of the word where a last `"$@"` begins.
    `at` is the command without redirections.
    """

    words: Words
    at: Span
    assumed: Words
    fields: tuple[Field, ...] = ()
    elastic: frozenset[int] = frozenset()
    variables: frozenset[str] = frozenset()
    environment: tuple["Assignment", ...] = ()
    exec: bool = False
    background: bool = False
    conditional: bool = False
    loop: bool = False
    subshell: bool = False
    pipeline: bool = False
    tail: bool = False
    function: str | None = None
    calls: bool = False
    forwards: int | None = None

    @property
    def name(self) -> str:
        """The base name of the program, "" where there is none or it cannot be known."""
        return self.words[0].value.rsplit("/", 1)[-1] if self.words and isinstance(self.words[0], Known) else ""


class Assignment(NamedTuple):
    """`NAME=value`. `default`: it holds only where nothing is set outside (`: ${A:=b}`, `[ -z "$A" ] && A=b`), `value` is the default."""

    name: str
    value: Word
    assumed: Word
    at: Span
    exported: bool = False
    conditional: bool = False
    default: bool = False


class Trap(NamedTuple):
    action: Word
    signals: tuple[str, ...]
    at: Span


class Script(NamedTuple):
    """A script in the order in which it runs. `interpreter`: the words of its `#!` line; a script that is none of the shell has no
    commands. `errors`: a part could not be parsed. `sourced`: the files that it reads in. `loops`: it ends in a loop.
    """

    path: str
    commands: tuple[Command, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    traps: tuple[Trap, ...] = ()
    interpreter: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    sourced: Words = ()
    loops: bool = False
    errors: bool = False

    @property
    def last(self) -> Command | None:
        return next((command for command in reversed(self.commands) if command.tail), None)


def read(path: str, text: str, *, locate: Locate | None = None, lookup: Lookup | None = None, arguments: Words | None = None) -> Script:
    """Read a script or a command line.

    `locate(start, end)` gives the place of characters of `text` where it is a part of a file (default: `text` is all of `path`).
    `lookup(name)` gives a variable of the environment, None for one that is not set; without it, whatever the script does not
    assign is unknown. `arguments` are the script's own (`$@`), unknown where None.
    """
    interpreter = _interpreter(text)
    if len(text) > MAX_SIZE:
        return Script(path, interpreter=interpreter, errors=True)
    if interpreter and not any(
        word.rsplit("/", 1)[-1] in ("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "with-contenv") for word in interpreter
    ):
        return Script(path, interpreter=interpreter)
    root = _parser().parse(text.encode("utf-8", "surrogatepass")).root_node
    walker = _Walker(text, locate or Source(path, text).span, lookup, arguments)
    walker.script(root)
    return Script(
        path,
        tuple(walker.commands),
        tuple(walker.assignments),
        tuple(walker.traps),
        interpreter,
        frozenset(walker.functions),
        tuple(walker.sourced),
        walker.loops,
        root.has_error or walker.cut,
    )


def _interpreter(text: str) -> tuple[str, ...]:
    line = text.removeprefix("\ufeff").partition("\n")[0]
    return tuple(line[2:].split()) if line.startswith("#!") else ()


@cache
def _parser() -> "Parser":
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class EntrypointFacts(NamedTuple):
    """What a script that a container starts with does in the end.

    `main`: the command that the script is for, whether exec'ed or not; None where it cannot be told. `execs`: the script makes way for
    it by exec; None: unknown. `passes_arguments`: the script's arguments go into it. `option_prefix`: what the script puts before
    its arguments where the first of them is an option (`set -- redis-server "$@"`). `background`: what it leaves running beside;
    `waits`: it waits for these, `waits_for_any`: by `wait -n`. `variables`: what comes from outside into `main`.
    `defaults`: the values that the script gives to variables which are not set.
    """

    main: Command | None
    execs: bool | None
    passes_arguments: bool
    option_prefix: Words = ()
    background: tuple[Command, ...] = ()
    waits: bool = False
    waits_for_any: bool = False
    traps: tuple[Trap, ...] = ()
    variables: frozenset[str] = frozenset()
    defaults: Mapping[str, Word] = MappingProxyType({})


def entrypoint_facts(script: Script) -> EntrypointFacts:
    """Return what a container's start script does in the end."""
    runs = [command for command in script.commands if command.words and not command.calls]
    tails = [command for command in runs if command.tail and not command.background]
    waits = [command for command in runs if command.name == "wait"]
    main = next((command for command in reversed(tails) if command.name not in _CHORES), None)
    ends = main is not None and all(command.exec or command.name in _CHORES for command in tails)
    if main is None and not waits:
        foreground = [command for command in runs if not command.background and command.name not in _CHORES and command.function is None]
        own = [command for command in foreground if not command.subshell] or foreground
        main = own[-1] if own else None
    prefix: Words = ()
    for command in runs:
        # set -- program "$@"
        if command.name == "set" and command.conditional and not prefix and command.forwards is not None:
            first = command.words[1]
            if isinstance(first, Known) and first.value == "--":
                prefix = command.words[2 : command.forwards]
    return EntrypointFacts(
        main=main,
        execs=None if main is None and (script.errors or not runs) else ends,
        passes_arguments=main is not None and "@" in main.variables,
        option_prefix=prefix,
        background=tuple(command for command in runs if command.background and command.name not in _CHORES),
        waits=bool(waits),
        waits_for_any=any(isinstance(word, Known) and word.value == "-n" for command in waits for word in command.words),
        traps=script.traps,
        variables=main.variables if main is not None else frozenset(),
        defaults={assignment.name: assignment.value for assignment in script.assignments if assignment.default},
    )


class _Value(NamedTuple):
    """What a variable or a part of a word holds. `text` None: unknown. `items`: an array's words. `default`: a default says `assumed`."""

    text: str | None
    assumed: str | None = None
    why: str = ""
    uses: frozenset[str] = frozenset()
    via: tuple[Origin, ...] = ()
    items: "tuple[Field, ...] | None" = None
    likely_items: "tuple[Field, ...] | None" = None
    unset: bool = False
    default: bool = False

    @property
    def likely(self) -> str | None:
        return self.text if self.text is not None else self.assumed

    @property
    def defaulted(self) -> str | None:
        return self.text if self.text is not None else self.assumed if self.default else None


class _Piece(NamedTuple):
    """A part of a word. `splits`: it stands outside quotes, so that blanks in it end the word. `listed`: its items are words (`"$@"`)."""

    value: _Value
    splits: bool = False
    listed: bool = False


class _Context(NamedTuple):
    """Where a command stands."""

    function: str | None = None
    background: bool = False
    conditional: bool = False
    loop: bool = False
    subshell: bool = False
    pipeline: bool = False
    tail: bool = False
    default_of: str | None = None  # the branch runs only where this variable is empty


_UNSET: Final = _Value("", unset=True)
_EXPANSIONS: Final = frozenset(("simple_expansion", "expansion", "command_substitution", "arithmetic_expansion", "process_substitution"))
_QUOTES: Final = frozenset(("string", "raw_string", "ansi_c_string", "translated_string"))
_COMPARISONS: Final = {"-eq": (0,), "-ne": (-1, 1), "-lt": (-1,), "-le": (-1, 0), "-gt": (1,), "-ge": (0, 1)}
_NESTED: Final = _QUOTES | {"concatenation"}
_COMMENTS: Final = frozenset(("comment", "heredoc_body", "heredoc_end"))
_ANSI: Final = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class _State:
    """The variables and arguments at one point of the script. A branch is a fork: it holds only what changes in it."""

    __slots__ = ("arguments", "changed", "ended", "parent", "tainted")

    def __init__(self, arguments: _Value, parent: "_State | None" = None) -> None:
        self.changed: dict[str, _Value] = {}
        self.parent = parent
        self.arguments = arguments
        self.tainted: str | None = None  # a file was read in that may set anything
        self.ended = False  # by exec or exit

    def fork(self) -> "_State":
        other = _State(self.arguments, self)
        other.tainted = self.tainted
        return other

    def get(self, name: str) -> _Value | None:
        state: _State | None = self
        while state is not None:
            if name in state.changed:
                return state.changed[name]
            state = state.parent
        return None

    def visible(self) -> dict[str, _Value]:
        return {**self.parent.visible(), **self.changed} if self.parent is not None else self.changed


class _Walker:
    def __init__(self, text: str, locate: Locate, lookup: Lookup | None, arguments: Words | None) -> None:
        self.text = text
        self.offsets = None if text.isascii() else _character_offsets(text)
        self.locate = locate
        self.lookup = lookup
        self.commands: list[Command] = []
        self.assignments: list[Assignment] = []
        self.traps: list[Trap] = []
        self.sourced: list[Word] = []
        self.functions: dict[str, Node] = {}
        self.called: set[str] = set()
        self.calling: list[str] = []
        self.calls = 0
        self.depth = 0
        self.loops = False
        self.split_words = 0
        self.cut = False  # something was too deep to follow
        self.arguments_given = arguments is not None
        items = None if arguments is None else tuple(_field_of(word, locate(0, 0)) for word in arguments)
        self.state = _State(_Value(None, None, "the arguments of the script", frozenset("@"), (), items))

    # Places and texts of nodes

    def _start(self, node: "Node") -> int:
        return node.start_byte if self.offsets is None else self.offsets[node.start_byte]

    def _end(self, node: "Node") -> int:
        return node.end_byte if self.offsets is None else self.offsets[node.end_byte]

    def _text(self, node: "Node") -> str:
        return self.text[self._start(node) : self._end(node)]

    def _at(self, first: "Node", last: "Node | None" = None) -> Span:
        """The place of a node; some tokens of the grammar begin with the blanks before them."""
        start, end = self._start(first), self._end(last or first)
        while start < end and self.text[start] in " \t\n":
            start += 1
        return self.locate(start, end)

    # Statements

    def script(self, root: "Node") -> None:
        for node in _descendants(root, "function_definition"):
            title = node.child_by_field_name("name")
            if title is not None:
                self.functions[self._text(title)] = node
        self._statements(root.children, _Context(tail=True))
        # A function that nobody calls here may be called from elsewhere, with other arguments.
        reassigned = self._reassigned(root)
        for name, node in self.functions.items():
            if name not in self.called:
                before = self.state
                self.state = before.fork()
                for variable in reassigned:
                    if before.get(variable) is not None:
                        self.state.changed[variable] = _Value(None, None, f"{variable} is assigned in several places")
                self.state.arguments = _Value(None, None, f"the arguments of {name}", frozenset("@"))
                self._function(name, node, _Context(conditional=True))
                self.state = before

    def _reassigned(self, root: "Node") -> set[str]:
        seen: set[str] = set()
        again: set[str] = set()
        for node in _descendants(root, "variable_assignment"):
            name = node.child_by_field_name("name")
            if name is not None:
                text = self._text(name)
                (again if text in seen else seen).add(text)
        return again

    def _statements(self, nodes: "Sequence[Node]", context: _Context) -> None:
        statements = [
            (number, node)
            for number, node in enumerate(nodes)
            if node.is_named and node.type not in _COMMENTS and node.type != "function_definition"
        ]
        for position, (number, node) in enumerate(statements):
            if self.state.ended:
                return
            background = number + 1 < len(nodes) and nodes[number + 1].type == "&"
            tail = context.tail and position == len(statements) - 1 and not background
            self._statement(node, context._replace(tail=tail, background=context.background or background))

    def _statement(self, node: "Node", context: _Context) -> None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.cut = True
        else:
            self._dispatch(node, context)
        self.depth -= 1

    def _dispatch(self, node: "Node", context: _Context) -> None:
        kind = node.type
        if kind == "command":
            self._command(node, context, ())
        elif kind == "redirected_statement":
            self._redirected(node, context)
        elif kind == "declaration_command":
            self._declaration(node, context)
        elif kind == "variable_assignment":
            self._assign(node, context, exported=False)
        elif kind == "list":
            self._list(node, context)
        elif kind == "if_statement":
            self._if(node, context)
        elif kind == "case_statement":
            self._case(node, context)
        elif kind in ("while_statement", "for_statement", "c_style_for_statement"):
            self._loop(node, context)
        elif kind in ("subshell", "pipeline", "command_substitution", "process_substitution"):
            self._inner(node, context)
        elif kind == "unset_command":
            for child in node.named_children:
                self.state.changed[self._text(child)] = _UNSET
        elif kind in ("test_command", "variable_assignments"):
            self._expand_inside(node, context)
        elif kind not in _COMMENTS:  # compound_statement, do_group, negated_command, ERROR …
            self._statements(node.children, context)

    def _inner(self, node: "Node", context: _Context) -> None:
        """Follow a subshell or pipeline: what it assigns is gone afterwards."""
        before = self.state
        if node.type == "pipeline":
            for child in node.named_children:
                self.state = before.fork()
                self._statement(child, context._replace(pipeline=True))
        else:
            self.state = before.fork()
            self._statements(node.children, context._replace(subshell=True))
        self.state = before

    def _list(self, node: "Node", context: _Context) -> None:
        """Follow `a && b || c`: what comes behind an operator runs or not by how what stands before it ended, where that is known."""
        first, rest = _chain_of(node)
        if first is None:
            self._statements(node.children, context)
            return
        before: Node | None = first
        holds = self._decide(first)
        self._statement(first, context._replace(tail=context.tail and all(operator == "||" for operator, _ in rest)))
        last = max((number for number, (operator, _) in enumerate(rest) if operator != "||"), default=-1)
        for number, (operator, part) in enumerate(rest):
            if self.state.ended:
                return
            tail = context.tail and number >= last
            if holds is None:
                guard = self._guard(before) if before is not None else None
                default = guard[0] if guard and guard[1] == (operator == "&&") else None
                self._follow([[part]], context._replace(tail=tail), default, False)
                before = None  # it may not have run
            elif holds == (operator == "&&"):
                holds, before = self._decide(part), part
                self._statement(part, context._replace(tail=tail))

    def _if(self, node: "Node", context: _Context) -> None:
        """Follow each branch from the state behind its condition, then keep what all of them agree on."""
        clauses, otherwise = self._clauses(node)
        open_clauses: list[tuple[Node | None, list[Node]]] = []
        for condition, body in clauses:
            holds = self._decide(condition) if condition is not None else None
            if condition is not None:
                self._statement(condition, context._replace(tail=False))
            if holds is None:
                open_clauses.append((condition, body))
            elif holds:
                otherwise = body
                break
        if not open_clauses:
            self._statements(otherwise or [], context)
            return
        guard = self._guard(open_clauses[0][0]) if len(open_clauses) == 1 and otherwise is None and open_clauses[0][0] is not None else None
        bodies = [body for _, body in open_clauses]
        exhaustive = otherwise is not None
        self._follow(
            [*bodies, otherwise] if otherwise is not None else bodies, context, guard[0] if guard and guard[1] else None, exhaustive
        )

    @staticmethod
    def _clauses(node: "Node") -> "tuple[list[tuple[Node | None, list[Node]]], list[Node] | None]":
        """Return condition and body of `if` and each `elif`, and the body of `else`."""
        clauses: list[tuple[Node | None, list[Node]]] = []
        otherwise: list[Node] | None = None
        condition: Node | None = None
        body: list[Node] = []
        in_condition = True
        for child in node.children:
            if child.type == "elif_clause":
                clauses += _Walker._clauses(child)[0]
            elif child.type == "else_clause":
                otherwise = list(child.children)
            elif child.type == "then":
                in_condition = False
            elif not in_condition:
                body.append(child)
            elif child.is_named and child.type not in _COMMENTS:
                condition = child
        return [(condition, body), *clauses], otherwise

    def _case(self, node: "Node", context: _Context) -> None:
        subject = node.child_by_field_name("value")
        value = self._certain(subject) if subject is not None else None
        bodies: list[list[Node]] = []
        exhaustive = False
        for item in node.named_children:
            if item.type != "case_item":
                continue
            closing = next((number for number, child in enumerate(item.children) if child.type == ")"), len(item.children))
            patterns = [child for child in item.children[:closing] if child.is_named]
            body = list(item.children[closing + 1 :])
            fits = [self._fits(value, pattern, True) for pattern in patterns]
            if value is not None and True in fits and not bodies:
                self._statements(body, context)
                return
            if value is None or True in fits or None in fits:
                bodies.append(body)
            exhaustive = exhaustive or True in fits or any(self._text(pattern) == "*" for pattern in patterns)
        self._follow(bodies, context, None, exhaustive)

    def _follow(self, bodies: "list[list[Node]]", context: _Context, default: str | None, exhaustive: bool) -> None:
        before = self.state
        after: list[_State] = []
        for body in bodies:
            self.state = before.fork()
            self._statements(body, context._replace(conditional=True, default_of=default))
            after.append(self.state)
        self.state = before
        self._merge(before, after, default, exhaustive)

    # Conditions

    def _decide(self, node: "Node") -> bool | None:
        """Say whether a condition holds, None where that is open; only for a script whose surroundings are known."""
        if self.lookup is None and not self.arguments_given:
            return None
        if node.type == "test_command":
            inner = [child for child in node.named_children if child.type not in _COMMENTS]
            return self._test(inner[0], node.children[0].type == "[[") if len(inner) == 1 else None
        if node.type == "negated_command" and node.named_children:
            return _opposite(self._decide(node.named_children[-1]))
        if node.type == "list":
            first, rest = _chain_of(node)
            holds = self._decide(first) if first is not None else None
            for operator, part in rest:
                other = self._decide(part)
                holds = _both(holds, other) if operator == "&&" else _opposite(_both(_opposite(holds), _opposite(other)))
            return holds
        return {"true": True, ":": True, "false": False}.get(self._text(node))

    def _test(self, node: "Node", double: bool, depth: int = 0) -> bool | None:
        kind = node.type
        if depth > _MAX_DEPTH:
            return None
        if kind == "parenthesized_expression" and len(node.named_children) == 1:
            return self._test(node.named_children[0], double, depth + 1)
        operator_node = node.child_by_field_name("operator")
        operator = self._text(operator_node) if operator_node is not None else ""
        if kind == "unary_expression" and node.named_children:
            operand = node.named_children[-1]
            if operator == "!":
                return _opposite(self._test(operand, double, depth + 1))
            value = self._certain(operand)
            return None if value is None or operator not in ("-z", "-n") else (value == "") == (operator == "-z")
        if kind == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None:
                return None
            if operator in ("&&", "||"):
                first, second = self._test(left, double, depth + 1), self._test(right, double, depth + 1)
                return _both(first, second) if operator == "&&" else _opposite(_both(_opposite(first), _opposite(second)))
            if operator in _COMPARISONS:
                numbers = self._certain(left), self._certain(right)
                if not all(number and number.isdecimal() and len(number) < 10 for number in numbers):
                    return None
                first_number, second_number = (int(number or 0) for number in numbers)
                return (first_number > second_number) - (first_number < second_number) in _COMPARISONS[operator]
            if operator not in ("=", "==", "!="):
                return None
            fits = self._fits(self._certain(left), right, double)
            return _opposite(fits) if operator == "!=" else fits
        value = self._certain(node)
        return None if value is None else value != ""

    def _certain(self, node: "Node") -> str | None:
        """Return the text of an operand, None where it is not known or needs a command to run."""
        if node.type not in ("word", "number", "concatenation", "simple_expansion", "expansion", "extglob_pattern", "regex", *_QUOTES):
            return None
        if _descendants(node, "command_substitution", "process_substitution"):
            return None
        return self._joined(self._pieces(node, _Context())).text

    def _fits(self, value: str | None, pattern: "Node", wildcards: bool) -> bool | None:
        wanted = self._certain(pattern)
        if value is None or wanted is None:
            return None
        if wildcards and pattern.type in ("word", "extglob_pattern", "regex", "concatenation", "number"):
            return fnmatchcase(value, wanted) if not set(wanted) & set("()|\"'") else None
        return value == wanted

    def _merge(self, before: _State, after: list[_State], default: str | None, exhaustive: bool) -> None:
        """Take into `before` what the branches may have done; one that ended the script does not count."""
        states = [state for state in (after if exhaustive and after else [before, *after]) if not state.ended]
        if not states:
            before.ended = True
            return
        before.tainted = next((state.tainted for state in states if state.tainted), None)
        merged: dict[str, _Value] = {}
        for name in dict.fromkeys(name for state in states if state is not before for name in state.changed):
            values = [state.get(name) or self._outside(name, state) for state in states]
            first, last = values[0], values[-1]
            if all(value[:2] == first[:2] and value.items == first.items for value in values):
                merged[name] = first
                continue
            uses = frozenset[str]().union(*(value.uses for value in values))
            via = tuple(dict.fromkeys(origin for value in values for origin in value.via))[:_MAX_CHAIN]
            if name != default:
                merged[name] = _Value(None, None if exhaustive else first.likely, f"{name} is assigned only under a condition", uses, via)
            elif first.text is None:
                merged[name] = _Value(None, last.likely, f"{name} is set outside or by default", uses, via, default=True)
            else:  # the branch runs only where the variable is empty, and that is known
                merged[name] = first if first.text else last
        if any(state.arguments != states[0].arguments for state in states):
            why = "the arguments may be changed by the script"
            items = (Field(None, why, (), True, self.locate(0, 0)),)
            assumed = None if exhaustive else before.arguments.items
            uses = frozenset[str]().union(*(state.arguments.uses for state in states))
            before.arguments = _Value(None, None, why, uses, (), items, assumed)
        else:
            before.arguments = states[0].arguments
        before.changed.update(merged)

    def _loop(self, node: "Node", context: _Context) -> None:
        before = self.state
        self.state = before.fork()
        changing: dict[str, _Value] = {}
        for name in self._assigned_in(node):
            old = self._value(name)
            changing[name] = _Value(None, old.likely, f"{name} changes in a loop", old.uses, old.via)
        self.state.changed.update(changing)
        inner = context._replace(conditional=True, loop=True, tail=False, default_of=None)
        body = node.child_by_field_name("body")
        for child in node.named_children:
            if body is None or child.id != body.id:
                if child.type in ("variable_name", "word", "number", "concatenation", "binary_expression", "postfix_expression", *_QUOTES):
                    self._expand_inside(child, inner)
                else:
                    self._statement(child, inner)
        if body is not None:
            self._statements(body.children, inner)
        before.changed.update(changing)
        before.tainted = self.state.tainted
        if self.state.arguments != before.arguments:
            before.arguments = _Value(None, None, "the arguments change in a loop", self.state.arguments.uses)
        self.state = before
        if context.tail:
            self.loops = True

    def _assigned_in(self, node: "Node") -> set[str]:
        names = set()
        for found in _descendants(node, "variable_assignment", "for_statement"):
            name = found.child_by_field_name("name") or found.child_by_field_name("variable")
            if name is not None:
                names.add(self._text(name).partition("[")[0])
        return names

    def _guard(self, node: "Node") -> tuple[str, bool] | None:
        """Return the variable that a test asks about, and whether the test holds where it is empty or unset."""
        match = _GUARD.fullmatch(self._text(node).strip())
        if match is None:
            return None
        name = match["z"] or match["n"] or match["eq"] or match["plain"]
        return name, bool(match["z"] or match["eq"])

    # Assignments

    def _declaration(self, node: "Node", context: _Context) -> None:
        exported = self._text(node.children[0]) == "export" if node.children else False
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child, context, exported=exported)
            else:
                self._expand_inside(child, context)

    def _assign(self, node: "Node", context: _Context, *, exported: bool) -> None:
        found = self._assignment(node, context, exported=exported)
        if found is None:
            return
        assignment, value = found
        self.state.changed[assignment.name] = value
        self.assignments.append(assignment)

    def _assignment(self, node: "Node", context: _Context, *, exported: bool) -> tuple[Assignment, _Value] | None:
        name_node, value_node = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name_node is None:
            return None
        name = self._text(name_node)
        if name_node.type == "subscript":
            name = name.partition("[")[0]
            self.state.changed[name] = _Value(None, None, f"{name} is an array that is filled piece by piece")
            return None
        at = self._at(value_node) if value_node is not None and self._text(value_node) else self._at(node)
        before = self._value(name)
        if value_node is not None and value_node.type == "array":
            items = tuple(item for child in value_node.named_children if child.type != "comment" for item in self._fields(child, context))
            value = _Value(None, None, f"{name} is an array", frozenset(), (), items)
        else:
            value = self._joined(self._pieces(value_node, context)) if value_node is not None else _Value("")
        origin = Origin(at, f"{name} in the script", _chain(value.via))
        if any(child.type == "+=" for child in node.children):
            value = self._appended(before, value)
        value = _bounded(value._replace(via=(origin,)))
        default = context.default_of == name or (value_node is not None and name in _DEFAULTED.findall(self._text(value_node)))
        default = default and not before.text
        return (
            Assignment(
                name,
                _word(value.text if not default or value.text is not None else value.assumed, value.why, origin),
                _word(value.likely, value.why, origin),
                at,
                exported,
                context.conditional,
                default,
            ),
            value,
        )

    @staticmethod
    def _appended(old: _Value, new: _Value) -> _Value:
        if new.items is not None:
            return new._replace(items=(*(old.items or ()), *new.items)) if old.items is not None or old.unset else new
        if old.items is not None:
            return _Value(None, None, "a string is appended to an array")
        text = None if old.text is None or new.text is None else old.text + new.text
        assumed = None if old.likely is None or new.likely is None else old.likely + new.likely
        return _Value(text, assumed, old.why or new.why, old.uses | new.uses, (*old.via, *new.via))

    # Commands

    def _redirected(self, node: "Node", context: _Context) -> None:
        """The grammar takes words that follow a redirection for further destinations of it: they belong to the command."""
        extra: list[Node] = []
        body = None
        for number, child in enumerate(node.children):
            if node.field_name_for_child(number) == "body":
                body = child
            elif child.type == "file_redirect":
                targets = [part for index, part in enumerate(child.children) if child.field_name_for_child(index) == "destination"]
                extra += targets[1:]
                for target in targets[:1]:
                    self._expand_inside(target, context)
            elif child.type == "heredoc_redirect":
                # `cat <<EOF | docker load`: what follows the here-document's name hangs below it.
                for index, part in enumerate(child.children):
                    if part.type == "pipeline" or child.field_name_for_child(index) == "right":
                        self._statement(part, context)
        if body is None:
            return
        if body.type == "command":
            self._command(body, context, extra)
        else:
            self._statement(body, context)

    def _command(self, node: "Node", context: _Context, extra: "Sequence[Node]") -> None:
        environment: list[Assignment] = []
        word_nodes: list[Node] = []
        for number, child in enumerate(node.children):
            if child.type == "variable_assignment":
                found = self._assignment(child, context, exported=True)
                if found is not None:
                    environment.append(found[0])
            elif child.type == "command_name":
                word_nodes += child.children[:1]
            elif node.field_name_for_child(number) == "argument" and (child.is_named or child.type in ("==", "=~")):
                word_nodes.append(child)
            elif child.type == "file_redirect":
                targets = [part for index, part in enumerate(child.children) if child.field_name_for_child(index) == "destination"]
                word_nodes += targets[1:]
        word_nodes += extra
        if not word_nodes:
            for assignment in environment:
                self.assignments.append(assignment._replace(exported=False))
            return
        groups: list[list[Node]] = []
        for part in word_nodes:
            if groups and self._touch(groups[-1][-1], part):
                groups[-1].append(part)
            else:
                groups.append([part])
        words = [(self._word_pieces(group, context), group[0], group[-1]) for group in groups]
        exact: list[Field] = []
        assumed: list[Field] = []
        fields: list[Field] = []
        forwards = None
        for number, (parts, first, last) in enumerate(words):
            if number == len(words) - 1 and len(groups[-1]) == 1 and self._text(first) in _ALL_ARGUMENTS:
                forwards = len(exact)
            place = self._at(first, last)
            exact += self._split(parts, place, _exactly)
            assumed += self._split(parts, place, _likely)
            fields += self._split(parts, place, _by_default)
        uses = frozenset[str]().union(*(piece.value.uses for parts, _, _ in words for piece in parts))
        at = self._at(node, max((node, *extra), key=lambda part: part.end_byte)) if extra else self._command_place(node, word_nodes)
        self._record(exact, assumed, fields, uses, at, tuple(environment), context, forwards)

    def _touch(self, first: "Node", second: "Node") -> bool:
        """Say whether two nodes are one word: the grammar cuts some in two, at a `$` or an escaped blank."""
        end, start = self._end(first), self._start(second)
        while start < len(self.text) and self.text[start] in " \t\n":
            start += 1
        return end <= start and _ESCAPED_BLANKS.fullmatch(self.text, end, start) is not None

    def _word_pieces(self, group: "list[Node]", context: _Context) -> list[_Piece]:
        if len(group) == 1:
            return self._pieces(group[0], context)
        parts = [part for node in group for part in (node.children if node.type == "concatenation" else [node])]
        return self._inside(parts, self._start(group[0]), self._end(group[-1]), context, False)

    def _command_place(self, node: "Node", word_nodes: "list[Node]") -> Span:
        return self._at(node.children[0] if node.children[0].type == "variable_assignment" else word_nodes[0], word_nodes[-1])

    def _record(
        self,
        exact: list[Field],
        assumed: list[Field],
        fields: list[Field],
        uses: frozenset[str],
        at: Span,
        environment: tuple[Assignment, ...],
        context: _Context,
        forwards: int | None,
    ) -> None:
        if not exact:
            return  # all of its words are nothing
        executes = exact[0].text == "exec"
        executed = 0  # words that `exec` and its options take
        if executes:
            executed = len(exact)
            exact, assumed, fields = _behind_exec(exact), _behind_exec(assumed), _behind_exec(fields)
            if not exact:
                return  # only redirections: the script goes on
            executed -= len(exact)
        name = exact[0].text or ""
        calls = name in self.functions and not executes
        ends = executes and not (context.subshell or context.background or context.pipeline)
        self.commands.append(
            Command(
                words=tuple(_word(item.text, item.why, Origin(item.at, "shell word", item.via)) for item in exact),
                at=at,
                assumed=tuple(_word(item.text, item.why, Origin(item.at, "shell word", item.via)) for item in assumed),
                fields=tuple(fields),
                elastic=frozenset(number for number, item in enumerate(exact) if item.elastic),
                variables=uses,
                environment=environment,
                exec=executes,
                background=context.background,
                conditional=context.conditional,
                loop=context.loop,
                subshell=context.subshell,
                pipeline=context.pipeline,
                tail=(context.tail and not calls) or ends,
                function=context.function,
                calls=calls,
                forwards=forwards - executed if forwards is not None else None,
            )
        )
        if name:
            self._effects(name, exact, uses, at, context)
        if ends or name == "exit":
            self.state.ended = True

    def _effects(self, name: str, words: list[Field], uses: frozenset[str], at: Span, context: _Context) -> None:
        """Carry out what a builtin or a function of the script does to the state."""
        if name in self.functions:
            again = name in self.called
            self.called.add(name)
            self.calls += 1
            if self.calls > _MAX_CALLS or name in self.calling or (again and len(self.commands) > _MAX_COMMANDS):
                return
            before = self.state.arguments
            self.state.arguments = _bounded(_Value(None, None, "", uses, (), tuple(words[1:])))
            self._function(name, self.functions[name], context)
            self.state.arguments = before
        elif name in (".", "source", "eval"):
            word = words[1] if len(words) > 1 else None
            if name != "eval" and word is not None:
                self.sourced.append(_word(word.text, word.why, Origin(word.at, name)))
            what = word.text if word is not None and word.text is not None else "a file"
            self.state.tainted = f"may be set by {name} {what}"
            for variable, value in self.state.visible().items():
                self.state.changed[variable] = value._replace(text=None, assumed=value.likely, why=f"{variable} {self.state.tainted}")
        elif name == "trap" and len(words) > 2:
            signals = tuple((item.text or "").removeprefix("SIG") for item in words[2:])
            self.traps.append(Trap(_word(words[1].text, words[1].why, Origin(words[1].at, "trap", words[1].via)), signals, at))
        elif name == "shift":
            count = (
                1
                if len(words) < 2
                else int(words[1].text)
                if words[1].text and words[1].text.isdecimal() and len(words[1].text) < 4
                else None
            )
            items = self.state.arguments.items
            known = items is not None and count is not None and count <= len(items) and not any(item.elastic for item in items[:count])
            left = items[count:] if known and items is not None else None
            self.state.arguments = _Value(None, None, "the arguments behind a shift", self.state.arguments.uses, (), left)
        elif name == "set":
            self._set_arguments(words, uses)
        elif name in ("read", "mapfile", "readarray", "getopts"):
            for item in words[1:]:
                if item.text and _NAME.fullmatch(item.text):
                    self.state.changed[item.text] = _Value(None, None, f"{item.text} is read when the script runs")
        elif name == "printf" and len(words) > 2 and words[1].text == "-v" and words[2].text:
            self.state.changed[words[2].text] = _Value(None, None, f"{words[2].text} is printed when the script runs")

    def _set_arguments(self, words: list[Field], uses: frozenset[str]) -> None:
        """`set -eo pipefail -- a b`: what stands behind the options becomes the arguments."""
        position = 1
        while position < len(words):
            option = words[position].text
            if option is None or option == "--" or option[:1] not in ("-", "+") or len(option) < 2:
                position += option == "--"
                self.state.arguments = _bounded(_Value(None, None, "", uses, (), tuple(words[position:])))
                return
            position += 2 if option.endswith("o") else 1

    def _function(self, name: str, node: "Node", context: _Context) -> None:
        body = node.child_by_field_name("body")
        if body is None:
            return
        self.called.add(name)
        self.calling.append(name)
        self._statement(body, context._replace(function=name, default_of=None))
        self.calling.pop()

    # Words

    def _fields(self, node: "Node", context: _Context) -> list[Field]:
        return self._split(self._pieces(node, context), self._at(node), _exactly)

    def _expand_inside(self, node: "Node", context: _Context) -> None:
        """Look at the expansions of a text that is no word of a command, for the commands and defaults in them."""
        for found in _descendants(node, *_EXPANSIONS, "command"):
            if found.type == "command":
                self._statement(found, context._replace(tail=False))
            else:
                self._expansion(found, context, True)

    def _pieces(self, node: "Node", context: _Context) -> list[_Piece]:
        kind = node.type
        text = self._text(node)
        if kind in ("word", "number", "extglob_pattern", "regex", "special_variable_name", "variable_name", "test_operator"):
            return self._raw(text, False)
        if kind == "raw_string":
            return [_Piece(_Value(text[1:-1]))]
        if kind == "ansi_c_string":
            return [_Piece(_Value(_ansi(text[2:-1])))]
        if kind in ("string", "translated_string"):
            quote = text.find('"')
            start = self._start(node) + quote + 1
            end = max(self._end(node) - (text.endswith('"') and len(text) > quote + 1), start)
            return self._inside(node.children, start, end, context, True)
        if kind in ("concatenation", "command_name"):
            return self._inside(node.children, self._start(node), self._end(node), context, False)
        if kind in _EXPANSIONS:
            return self._expansion(node, context, False)
        return self._raw(text, False)

    def _inside(self, nodes: "Iterable[Node]", at: int, end: int, context: _Context, quoted: bool) -> list[_Piece]:
        """The pieces between two places: expansions and quotes, and the text between them."""
        pieces: list[_Piece] = []
        for node in nodes:
            if node.type not in _EXPANSIONS and (quoted or node.type not in _NESTED):
                continue
            start = self._start(node)
            while start < end and self.text[start] in " \t\n":  # some tokens begin with the blanks before them
                start += 1
            if start < at:
                continue
            pieces += self._raw(self.text[at:start], quoted)
            pieces += self._expansion(node, context, quoted) if node.type in _EXPANSIONS else self._pieces(node, context)
            at = max(self._end(node), start)
        pieces += self._raw(self.text[at:end], quoted)
        # Quotes make a word even of nothing, but for "$@" without arguments.
        return pieces if not quoted or any(piece.listed for piece in pieces) else [_Piece(_Value("")), *pieces]

    def _raw(self, text: str, quoted: bool) -> list[_Piece]:
        """The pieces of a text in which the grammar saw no expansion; within a word it misses some."""
        pieces: list[_Piece] = []
        literal, at = "", 0
        for match in _ESCAPE_OR_NAME.finditer(text):
            literal += text[at : match.start()]
            at = match.end()
            name, escaped = match["name"], match["escaped"]
            if name:
                pieces += [_Piece(_Value(literal)), *self._variable(name, quoted)] if literal else self._variable(name, quoted)
                literal = ""
            elif quoted and escaped not in ("$", "`", '"', "\\", "\n"):
                literal += match[0]
            elif escaped != "\n":
                literal += escaped
        literal += text[at:]
        return [*pieces, _Piece(_Value(literal))] if literal or (text and not pieces) else pieces

    def _joined(self, pieces: list[_Piece]) -> _Value:
        """The value of a word where nothing is split, as in an assignment."""
        fields = [piece.value for piece in pieces]
        text: str | None = ""
        assumed: str | None = ""
        for piece in fields:
            value = piece
            if piece.items is not None:
                parts = [item.text for item in piece.items]
                value = _Value(None if None in parts else " ".join(part or "" for part in parts), None, piece.why, piece.uses)
            text = None if text is None or value.text is None or len(text) > _MAX_TEXT else text + value.text
            assumed = None if assumed is None or value.likely is None or len(assumed) > _MAX_TEXT else assumed + value.likely
        why = next((piece.why for piece in fields if piece.text is None and piece.why), "")
        uses = frozenset[str]().union(*(piece.uses for piece in fields))
        return _Value(
            text,
            None if text is not None else assumed,
            why,
            uses,
            tuple(dict.fromkeys(origin for piece in fields for origin in piece.via)),
            default=all(piece.defaulted is not None for piece in fields),
        )

    def _split(self, pieces: list[_Piece], at: Span, take: Callable[[_Value], str | None]) -> list[Field]:
        """Return the words that the pieces of one word become: unquoted blanks split them, unquoted nothing vanishes."""
        done: list[Field] = []
        text: str | None = None  # of the word that is being put together, None: none is begun
        why, unknown, elastic = "", False, False
        via: tuple[Origin, ...] = ()

        place = at  # the words of "$@" keep the places where they were written

        def finish() -> None:
            nonlocal text, why, via, unknown, elastic, place
            if text is not None or unknown:
                done.append(Field(None if unknown else text, why, via, elastic and unknown, place, text or ""))
            text, why, via, unknown, elastic, place = None, "", (), False, False, at

        def add(held: str, origins: tuple[Origin, ...], splits: bool) -> None:
            nonlocal text, via, unknown, why, elastic
            if text is not None and len(text) > _MAX_TEXT:
                unknown, why = True, f"it is longer than {_MAX_TEXT} characters"
                return
            if splits and self.split_words > _MAX_SPLIT and any(map(str.isspace, held)):
                text, unknown, why, elastic = text or "", True, "it becomes too many words", True
                return
            words = held.split() if splits else [held]
            self.split_words += len(words) if splits else 0
            if splits and held[:1].isspace():
                finish()
            for number, word in enumerate(words):
                if number:
                    finish()
                text = (text or "") + word
                via += tuple(origin for origin in origins if origin not in via)
            if splits and words and held[-1:].isspace():
                finish()

        for piece in pieces:
            value = piece.value
            if piece.listed and value.items is not None:
                for number, item in enumerate((take is _likely and value.likely_items) or value.items):
                    if number or text is None:
                        finish()
                    if number or (text is None and not unknown):
                        place = item.at
                    if item.text is None:
                        text = (text or "") + item.shape
                        unknown, why, elastic = True, why or item.why, elastic or item.elastic
                        via += item.via
                    else:
                        add(item.text, item.via, piece.splits)
                continue
            held = take(value)
            if held is None:
                text = (text or "") + HOLE
                unknown, why, elastic = True, why or value.why, elastic or piece.splits
                via += tuple(origin for origin in value.via if origin not in via)
            else:
                add(held, value.via, piece.splits)
        finish()
        return done

    def _expansion(self, node: "Node", context: _Context, quoted: bool) -> list[_Piece]:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.cut = True
            pieces = [_Piece(_Value(None, None, "substitutions are nested too deep"), not quoted)]
        else:
            pieces = self._expanded(node, context, quoted)
        self.depth -= 1
        return pieces

    def _expanded(self, node: "Node", context: _Context, quoted: bool) -> list[_Piece]:
        kind = node.type
        shown = self._text(node).strip()
        shown = shown if len(shown) < 60 else shown[:57] + "…"
        if kind in ("command_substitution", "process_substitution"):
            self._inner(node, context._replace(tail=False, background=False))
            return [_Piece(_Value(None, None, f"the output of {shown}"), not quoted)]
        if kind == "arithmetic_expansion":
            self._expand_children(node, context)
            return [_Piece(_Value(None, None, f"the result of {shown}"), not quoted)]
        if kind == "simple_expansion":
            named = node.named_children
            return self._variable(self._text(named[-1]), quoted) if named else [_Piece(_Value(shown))]
        return self._braced(node, context, quoted, shown)

    def _expand_children(self, node: "Node", context: _Context) -> None:
        for child in node.children:
            if child.type in _EXPANSIONS:
                self._expansion(child, context, True)
            elif child.child_count:
                self._expand_inside(child, context)

    def _braced(self, node: "Node", context: _Context, quoted: bool, shown: str) -> list[_Piece]:
        """`${…}` with its operators."""
        children = list(node.children)
        position = next((number for number, child in enumerate(children) if child.type in _VARIABLES), None)
        if position is None:
            return [_Piece(_Value(None, None, f"{shown} is not understood"), not quoted)]
        variable = children[position]
        name = self._text(variable)
        rest = [child for child in children[position + 1 :] if child.type != "}"]
        unclear = [
            _Piece(
                _Value(
                    None, None, f"{shown} is computed when the script runs", frozenset((name,)) if _NAME.fullmatch(name) else frozenset()
                ),
                not quoted,
            )
        ]
        if any(self._text(child) in ("#", "!") for child in children[1:position]):
            return unclear
        if variable.type == "subscript":
            array, _, index = name.partition("[")
            if index not in ("@]", "*]") or rest:
                return unclear
            return self._variable(array, quoted, listed=True)
        if not rest:
            return self._variable(name, quoted)
        operator = self._text(rest[0])
        end = self._end(children[-1]) - (children[-1].type == "}")
        operand = self._inside([child for child in rest[1:] if child.is_named], self._end(rest[0]), end, context, False)
        value = self._value(name)
        if operator in (":-", "-", ":=", "=", ":?", "?", ":+", "+"):
            found = self._defaulted(name, operator, value, operand)
            result = self._joined(found)
            if operator in (":=", "=") and (value.text is None or result is not value):
                self._set_default(name, value, operand, node, context)
            return [piece._replace(splits=not quoted) for piece in found] if len(found) == 1 or not quoted else [_Piece(result)]
        cut = _SUBSTRING.fullmatch(self.text[self._start(rest[0]) : end])
        if cut and value.text is not None and value.items is None:
            begin, length = int(cut[1]), cut[2]
            return [_Piece(value._replace(text=value.text[begin : begin + int(length) if length else None]), not quoted)]
        trimmed = self._trimmed(operator, value, self._joined(operand))
        return [_Piece(trimmed, not quoted)] if trimmed is not None else unclear

    def _set_default(self, name: str, value: _Value, operand: list[_Piece], node: "Node", context: _Context) -> None:
        """`${A:=b}`: the variable has the default from here on, where it had nothing."""
        default = self._joined(operand)
        at = self._at(node)
        origin = Origin(at, f"{name} in the script", _chain(default.via))
        if value.text:
            return
        if value.text is None:
            self.state.changed[name] = _Value(
                None, default.likely, f"{name} is set outside or by default", value.uses | default.uses, (origin,), default=True
            )
        else:
            self.state.changed[name] = default._replace(via=(origin,))
        self.assignments.append(
            Assignment(
                name,
                _word(default.text, default.why, origin),
                _word(default.likely, default.why, origin),
                at,
                False,
                context.conditional,
                True,
            )
        )

    def _defaulted(self, name: str, operator: str, value: _Value, operand: list[_Piece]) -> list[_Piece]:
        """Return the pieces of `${A:-b}` and its kin."""
        colon, kind = operator.startswith(":"), operator[-1]
        if value.items is not None:
            return [_Piece(_Value(None, None, f"{name} is an array"), True)]
        if value.text is None:
            likely = value.assumed
            default = self._joined(operand)
            if kind in "-=" and not likely:
                likely = default.likely
            elif kind == "+":
                likely = default.likely if likely else None
            via = value.via or default.via
            sure = value.default if value.assumed else default.defaulted is not None
            return [_Piece(_Value(None, likely, value.why, value.uses | default.uses, via, default=sure), True)]
        missing = value.unset or (colon and value.text == "")
        if kind == "+":
            return [_Piece(_Value(""), True)] if missing else operand
        if kind in "-=" and missing:
            return operand
        if kind == "?" and missing:
            return [_Piece(_Value(None, None, f"the script stops here, as {name} is not set"), True)]
        return [_Piece(value, True)]

    @staticmethod
    def _trimmed(operator: str, value: _Value, operand: _Value) -> _Value | None:
        """Return `${A#…}`, `${A%…}` with a known variable and pattern, None where it cannot be told."""
        if (
            operator not in ("#", "##", "%", "%%")
            or value.text is None
            or value.items is not None
            or operand.text is None
            or "[" in operand.text
        ):
            return None
        trim = dockerfile_words.trim_prefix if operator[0] == "#" else dockerfile_words.trim_suffix
        try:
            text = trim(operand.text, value.text, len(operator) == 2)
        except dockerfile_words.WordError:
            return None
        return None if isinstance(text, Unknown) else value._replace(text=text, uses=value.uses | operand.uses)

    def _variable(self, name: str, quoted: bool, listed: bool = False) -> list[_Piece]:
        if name in ("@", "*"):
            arguments = self.state.arguments
            if arguments.items is None:
                return [_Piece(arguments, True)]
            return [_Piece(arguments, not quoted, listed=True)]
        value = self._value(name)
        if value.items is not None:
            if listed:
                return [_Piece(value, not quoted, listed=True)]
            first = value.items[0] if value.items else None
            return [_Piece(_Value(first.text if first else "", None, first.why if first else "", value.uses, value.via), not quoted)]
        return [_Piece(value, not quoted or (listed and value.text is None))]

    def _value(self, name: str) -> _Value:
        if name.isdecimal():
            return self._argument(int(name[:4]))
        value = self.state.get(name)
        return value if value is not None else self._outside(name, self.state)

    def _argument(self, number: int) -> _Value:
        if number == 0:
            return _Value(None, None, "$0 is the name of the script")
        items = self.state.arguments.items
        uses = frozenset((str(number),)) if self.state.arguments.uses == {"@"} and not self.calling else self.state.arguments.uses
        if items is None or any(item.elastic for item in items[:number]):
            return _Value(None, None, f"argument {number} of the script", uses)
        if number > len(items):
            return _Value("", None, "", uses, unset=True)
        item = items[number - 1]
        return _Value(item.text, None, item.why, uses, item.via)

    def _outside(self, name: str, state: _State) -> _Value:
        """What a variable is that the script does not assign."""
        items = self.state.arguments.items
        if name == "#" and items is not None and not any(item.elastic for item in items):
            return _Value(str(len(items)), None, "", self.state.arguments.uses)
        if not _NAME.fullmatch(name):
            return _Value(None, None, f"${name} is known only when the script runs")
        uses = frozenset((name,))
        found = self.lookup(name) if self.lookup is not None else None
        if found is None and name in _SHELL_OWN:
            found = Unknown(f"{name} is set by the shell")
        elif self.lookup is None:
            found = Unknown(f"{name} comes from outside the script")
        if isinstance(found, Unknown):
            return _Value(None, None, found.why, uses, (found.origin,) if found.origin else ())
        value = _Value("", None, "", uses, unset=True) if found is None else _Value(found.value, None, "", uses, (found.origin,))
        return value if state.tainted is None else value._replace(text=None, assumed=value.text, why=f"{name} {state.tainted}")


_VARIABLES: Final = frozenset(("variable_name", "special_variable_name", "subscript"))
_NAME: Final = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE: Final = r'"?\$\{?(?P<%s>[A-Za-z_][A-Za-z0-9_]*)(?::?-)?\}?"?'
_GUARD: Final = pattern(
    r"(?:\[\[?|test)\s+(?:"
    rf"-z\s+{_REFERENCE % 'z'}"
    rf"|-n\s+{_REFERENCE % 'n'}"
    r"""|"?(?P<x>[xX]?)\$\{?(?P<eq>[A-Za-z_][A-Za-z0-9_]*)(?::?-)?\}?"?\s*==?\s*(?:(?P=x)|"(?P=x)"|'(?P=x)')"""
    rf"|{_REFERENCE % 'plain'}"
    r")\s*(?:\]\]?)?"
)
_ESCAPED_BLANKS: Final = pattern(r"(?:\\[ \t])*")
_ESCAPE_OR_NAME: Final = pattern(r"\\(?P<escaped>.?)|\$(?P<name>[A-Za-z_][A-Za-z0-9_]*|[0-9@*])", re.DOTALL)
_ALL_ARGUMENTS: Final = ('"$@"', "$@", '"${@}"', "${@}", "$*")
_SUBSTRING: Final = pattern(r":\s*([0-9]{1,9})(?::\s*([0-9]{1,9}))?")
_DEFAULTED: Final = pattern(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?[-=]")


def _chain(via: tuple[Origin, ...]) -> tuple[Origin, ...]:
    """Return where a value came from in one row: a value that is appended to again and again would nest without end."""
    row: dict[Origin, None] = {}
    for origin in via[:_MAX_CHAIN]:
        if origin.how.endswith(" in the script"):
            row[Origin(origin.span, origin.how)] = None
            row.update(dict.fromkeys(origin.via))
        else:
            row[origin] = None
    return tuple(row)[:_MAX_CHAIN]


def _bounded(value: _Value) -> _Value:
    if value.items is not None and len(value.items) > _MAX_ITEMS:
        return _Value(None, None, f"it has more than {_MAX_ITEMS} words", value.uses)
    if max(len(value.text or ""), len(value.assumed or "")) > _MAX_TEXT:
        return _Value(None, None, f"it is longer than {_MAX_TEXT} characters", value.uses)
    return value


def _opposite(holds: bool | None) -> bool | None:
    return None if holds is None else not holds


def _both(first: bool | None, second: bool | None) -> bool | None:
    return False if first is False or second is False else None if first is None or second is None else True


def _exactly(value: _Value) -> str | None:
    return value.text


def _likely(value: _Value) -> str | None:
    return value.likely


def _by_default(value: _Value) -> str | None:
    return value.defaulted


def _word(text: str | None, why: str, origin: Origin) -> Word:
    return Unknown(why or "it is known only when the script runs", origin) if text is None else Known(text, origin)


def _field_of(word: Word, nowhere: Span) -> Field:
    origin = word.origin
    at = origin.span if origin is not None else nowhere
    via = (origin,) if origin is not None else ()
    return Field(word.value, "", via, False, at, word.value) if isinstance(word, Known) else Field(None, word.why, via, True, at)


def _chain_of(node: "Node") -> "tuple[Node | None, list[tuple[str, Node]]]":
    """Return the first part of `a && b || c`, and each later one with the operator before it; the grammar nests them to the left."""
    rest: list[tuple[str, Node]] = []
    while node.type == "list":
        children = [child for child in node.children if child.type not in _COMMENTS]
        if len(children) != 3 or children[1].type not in ("&&", "||"):
            return None, []
        rest.append((children[1].type, children[2]))
        node = children[0]
    return node, rest[::-1]


def _behind_exec(words: list[Field]) -> list[Field]:
    """Return the words behind `exec` and its options -a NAME, -c, -l."""
    position = 1
    while position < len(words):
        option = words[position].text or ""
        if option == "--":
            return words[position + 1 :]
        if len(option) < 2 or option[0] != "-" or option[1:].strip("acl"):
            break
        position += 2 if option.endswith("a") else 1
    return words[position:]


def _descendants(node: "Node", *kinds: str) -> "list[Node]":
    """Return all nodes of the kinds below a node (itself too), in the order of the text; those within a found one as well only for statements."""
    found = []
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type in kinds:
            found.append(current)
            if current.type in _EXPANSIONS or current.type == "command":
                continue
        stack.extend(reversed(current.children))
    return found


def _ansi(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xuU":
            point = int(code[1:], 16)
            return chr(point) if point < 0x110000 else match[0]
        if code[0].isdecimal():
            return chr(int(code, 8))
        return _ANSI.get(code, code if code in "\\'\"?" else match[0])

    return re.sub(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", one, text, flags=re.DOTALL)


def _character_offsets(text: str) -> list[int]:
    """Return for each byte of the UTF-8 form the character that it belongs to."""
    offsets: list[int] = []
    for number, character in enumerate(text):
        code = ord(character)
        offsets += [number] * (1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4)
    offsets.append(len(text))
    return offsets
