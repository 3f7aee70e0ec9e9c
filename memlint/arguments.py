"""The words of the command line: which commands there are and which options each takes."""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence

from memlint import __version__
from memlint.config import PROFILES

MAX_JOBS = 256
_FAIL_ON = ("error", "warning", "info", "never")


class _Help(argparse.HelpFormatter):
    """Asks the system for the width itself: argparse would import shutil for it, once it knows of the first option."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS", "")) or 80
        except ValueError:
            columns = _columns()
        super().__init__(prog, width=columns - 2)


def _columns() -> int:
    try:
        return os.get_terminal_size().columns or 80
    except (OSError, ValueError):
        return 80


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command line, its command as `name`. Exits as argparse does on help and on errors."""
    if argv and argv[0] in _COMMANDS:
        # The options of the other commands are not built: they would cost as much as reading a manifest.
        about, fill = _COMMANDS[argv[0]]
        parser = argparse.ArgumentParser(prog=f"memlint {argv[0]}", description=about, formatter_class=_Help)
        fill(parser)
        arguments = parser.parse_args(argv[1:])
        arguments.name = argv[0]
        return arguments
    return complete().parse_args(argv)


def complete() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="memlint",
        description="Knows before the deploy what the kernel will do to a container's memory.",
        epilog="Exit status: 0 nothing at or above --fail-on, 1 findings, 2 not everything could be judged.",
    )
    parser.add_argument("--version", action="version", version=f"memlint {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="name", required=True)
    for name, (about, fill) in _COMMANDS.items():
        fill(commands.add_parser(name, help=about.partition(".")[0][0].lower() + about.partition(".")[0][1:], description=about))
    return parser


def _check(check: argparse.ArgumentParser) -> None:
    _inputs(check)
    _choices(check)
    check.add_argument("--context", metavar="FOLDER", help="read this whole folder, and report what concerns the given PATHs (for hooks)")
    check.add_argument("--baseline", metavar="FILE", help="do not count the findings that this file names")
    check.add_argument("--write-baseline", metavar="FILE", help="write today's findings as a baseline")
    check.add_argument("--fix", action="store_true", help="apply the safe fixes")
    check.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: those that change how the container behaves too")
    check.add_argument("--diff", action="store_true", help="print what --fix would change, and change nothing")
    check.add_argument("--diff-base", metavar="REF", help="count only findings that this git reference does not have")
    check.add_argument(
        "--jobs", type=_jobs, metavar="N", default=1, help="judge by N processes, 0: as many as can run at once (default: 1); same result"
    )
    _part(check)


def _budget(budget: argparse.ArgumentParser) -> None:
    _inputs(budget)
    _part(budget)


def _merge(merge: argparse.ArgumentParser) -> None:
    merge.epilog = "A shard that is missing is a problem: exit status 2."
    merge.add_argument("files", nargs="+", metavar="FILE", help="results of one format")
    merge.add_argument("--fail-on", choices=_FAIL_ON, default="warning", help="as for check")
    merge.add_argument("-q", "--quiet", action="store_true", help="no summary on the error output")


def _calibrate(calibrate: argparse.ArgumentParser) -> None:
    calibrate.epilog = (
        "Reads: jcmd PID VM.native_memory summary (or summary.diff), memory.stat of cgroup v1 or v2, docker stats, "
        "kubectl top pod --containers."
    )
    calibrate.add_argument("file", metavar="FILE", help="the measurement, or - for a stream")
    calibrate.add_argument(
        "--match", action="append", metavar="KEY=GLOB", default=[], help="whose footprint it is: image, workload, container, path"
    )


def _explain(explain: argparse.ArgumentParser) -> None:
    explain.add_argument("rule", metavar="RULE", help="code or name")


def _config(config: argparse.ArgumentParser) -> None:
    config.add_argument("--schema", action="store_true", help="print the JSON Schema of the configuration")
    config.add_argument(
        "paths", nargs="*", metavar="PATH", help="what would be checked: the file is found upwards of the first (default: .)"
    )
    _settings(config)
    _choices(config)


def _completion(completion: argparse.ArgumentParser) -> None:
    completion.epilog = 'For this session: eval "$(memlint completion bash)", or zsh; in fish: memlint completion fish | source'
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")


def completion(shell: str) -> str:
    """Return the script by which a shell completes commands, options and their choices; what is none of these is a file."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _commands() -> Iterator[tuple[str, str, list[argparse.Action]]]:
    """Yield each command with what it does and what it takes."""
    for name, (about, fill) in _COMMANDS.items():
        parser = argparse.ArgumentParser(prog=name)
        fill(parser)
        yield name, about.partition(".")[0], parser._actions  # noqa: SLF001  # argparse has no other way to ask for them


def _bash() -> str:
    cases, choices = [], {}
    for name, _, actions in _commands():
        options: list[str] = []
        for action in actions:
            options += action.option_strings
            if action.choices:
                choices.update({f"{name}:{option or '*'}": " ".join(map(str, action.choices)) for option in action.option_strings or ("",)})
        cases.append(f'        {name}) words="{" ".join(options + ([choices[f"{name}:*"]] if f"{name}:*" in choices else []))}" ;;')
    values = "\n".join(f'        {key}) words="{words}" ;;' for key, words in choices.items() if not key.endswith("*"))
    listed = "\n".join(cases)
    return f"""_memlint() {{
    local words current=${{COMP_WORDS[COMP_CWORD]}}
    case $COMP_CWORD in 1) words="{" ".join(_COMMANDS)} --help --version" ;; *) case ${{COMP_WORDS[1]}} in
{listed}
    esac ;; esac
    case ${{COMP_WORDS[1]}}:${{COMP_WORDS[COMP_CWORD - 1]}} in
{values}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _memlint memlint
"""


def _zsh() -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("'", "'\\''") + "'"

    def told(action: argparse.Action) -> str:
        """Return an argument of `_arguments`: `--option[what it does]:value:(choices)`."""
        values = f"({' '.join(map(str, action.choices))})" if action.choices else "_files"
        about = _help(action).replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
        takes = "" if action.nargs == 0 else f":{(action.metavar or action.dest)}:{values}".replace("[", "").replace("]", "")
        if not action.option_strings:
            return quoted(f"*{takes}" if action.nargs in ("*", "+") else takes)
        return " ".join(quoted(f"*{option}[{about}]{takes}") for option in action.option_strings)

    cases = "\n".join(f"        {name}) _arguments {' '.join(told(action) for action in actions)} ;;" for name, _, actions in _commands())
    commands = " ".join(quoted(f"{name}:{about}") for name, about, _ in _commands())
    return f"""#compdef memlint
_memlint() {{
    if (( CURRENT == 2 )); then
        local -a commands=({commands})
        _describe command commands
        _arguments '--help[what there is]' '--version[the version]'
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{cases}
    esac
}}
compdef _memlint memlint
"""


def _fish() -> str:
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = ["complete -c memlint -n __fish_use_subcommand -f -l help", "complete -c memlint -n __fish_use_subcommand -f -l version"]
    for name, about, actions in _commands():
        lines.append(f"complete -c memlint -n __fish_use_subcommand -f -a {name} -d {quoted(about)}")
        for action in actions:
            words = [f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}" for option in action.option_strings]
            if action.choices:
                words.append(f"{'-x ' if words else '-f '}-a {quoted(' '.join(map(str, action.choices)))}")
            elif words and action.nargs != 0:
                words.append("-r")
            if words:
                lines.append(f"complete -c memlint -n '__fish_seen_subcommand_from {name}' {' '.join(words)} -d {quoted(_help(action))}")
    return "\n".join([*lines, ""])


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%")


def _inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: .), or - for a stream")
    parser.add_argument("--command", metavar="LINE", help="judge one `docker run …` line instead of files")
    parser.add_argument("--stdin-filename", metavar="NAME", default="stdin.yaml", help="the name of what comes through -")
    parser.add_argument("--output", action="append", metavar="FORMAT[=FILE]", help="format of the report, repeatable (default: text)")
    _settings(parser)
    parser.add_argument("--no-render", action="store_true", help="run neither helm nor kubectl: read values and bases as they stand")
    parser.add_argument("--no-color", action="store_true", help="no colours, whatever the terminal can do")
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary; say nothing where there is nothing to say")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was read and joined")


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="configuration file (default: found upwards)")
    parser.add_argument("--profile", choices=PROFILES, help="which rules are on")
    parser.add_argument("--host-memory", metavar="SIZE", help="memory of the Docker host, such as 8GiB")
    parser.add_argument("--node-memory", metavar="SIZE", help="memory of a Kubernetes node, such as 16GiB")


def _choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--select", action="append", metavar="RULES", help="only these: codes, names, families (MEM2xx), by comma")
    parser.add_argument("--ignore", action="append", metavar="RULES", help="not these")
    parser.add_argument("--fail-on", choices=_FAIL_ON, help="from which severity on the exit status is 1 (default: warning)")


def _part(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shard", type=_shard, metavar="I/N", help="judge the I-th of N parts, cut between the folders below PATH; see memlint merge"
    )


def _jobs(text: str) -> int:
    if text.isdecimal() and int(text) <= MAX_JOBS:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no number of processes from 0 to {MAX_JOBS}")


def _shard(text: str) -> tuple[int, int]:
    part, _, count = text.partition("/")
    if part.isdecimal() and count.isdecimal() and 1 <= int(part) <= int(count):
        return int(part), int(count)
    raise argparse.ArgumentTypeError(f"'{text}' is no part: write 2/4 for the second of four")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": ("Find what will get a container killed or evicted.", _check),
    "budget": ("Print the itemised bill of every container, part by part.", _budget),
    "forecast": ("Rank who dies first on a node or host (--node-memory, --host-memory).", _inputs),
    "show": ("Show what memlint sees after all joins, and where each value comes from.", _budget),
    "merge": ("Join the results of shards (--shard), JSON or SARIF, into one on the standard output.", _merge),
    "calibrate": ("Turn a measurement into a footprint entry for the configuration.", _calibrate),
    "rules": ("List the rules.", lambda _parser: None),
    "explain": ("Print the manual of a rule.", _explain),
    "config": ("Print the effective configuration and where each value comes from.", _config),
    "completion": ("Print a script by which a shell completes the command line.", _completion),
}
