"""Plays the GitHub Actions runner as far as composite actions and plain jobs need it: expressions, environment files, bash steps."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_TOKEN = re.compile(r"\s*(?:(\|\||&&|==|!=|\(|\)|,)|'((?:[^']|'')*)'|([A-Za-z_][\w.*-]*))")


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of an expression: names, texts, == != && || and always()."""
    tokens = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        assert match, f"no expression: {text!r}"
        tokens.append(match)
        position = match.end()
    value, rest = _either(tokens, contexts)
    assert not rest, f"not understood: {text!r}"
    return value


def _either(tokens: Any, contexts: Any) -> Any:
    value, tokens = _both(tokens, contexts)
    while tokens and tokens[0][1] == "||":
        other, tokens = _both(tokens[1:], contexts)
        value = value or other
    return value, tokens


def _both(tokens: Any, contexts: Any) -> Any:
    value, tokens = _equal(tokens, contexts)
    while tokens and tokens[0][1] == "&&":
        other, tokens = _equal(tokens[1:], contexts)
        value = value and other
    return value, tokens


def _equal(tokens: Any, contexts: Any) -> Any:
    value, tokens = _one(tokens, contexts)
    if tokens and tokens[0][1] in ("==", "!="):
        other, rest = _one(tokens[1:], contexts)
        return (str(value) == str(other)) == (tokens[0][1] == "=="), rest
    return value, tokens


def _one(tokens: Any, contexts: Any) -> Any:
    token, rest = tokens[0], tokens[1:]
    if token[1] == "(":
        value, rest = _either(rest, contexts)
        return value, rest[1:]
    if token[2] is not None:
        return token[2].replace("''", "'"), rest
    if rest and rest[0][1] == "(":
        assert token[3] == "always", token[3]
        return True, rest[2:]
    value: Any = contexts
    for name in token[3].split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return value, rest


def filled(text: str, contexts: Mapping[str, Any]) -> str:
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(evaluate(match[1].strip(), contexts)), str(text))


@dataclass
class Runner:
    """One job's machine. `used` gets what `uses:` steps were given; their outputs come from `answers`."""

    workspace: Path
    temp: Path
    github: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    matrix: dict[str, Any] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    log: str = ""
    errors: str = ""
    summary: str = ""

    def action(self, text: str, given: Mapping[str, str], folder: Path) -> tuple[bool, dict[str, str]]:
        """Run a composite action; return whether it succeeded, and its outputs."""
        action = read(text)
        contexts = {"github": {**self.github, "action_path": str(folder)}}
        inputs = {name: given.get(name, filled(entry.get("default", ""), contexts)) for name, entry in action["inputs"].items()}
        assert set(given) <= set(inputs)
        steps: dict[str, Any] = {}
        good = self._steps(
            action["runs"]["steps"], {**contexts, "inputs": inputs, "steps": steps}, {"GITHUB_ACTION_PATH": str(folder)}, steps
        )
        contexts["steps"] = steps
        return good, {name: filled(entry["value"], contexts) for name, entry in action["outputs"].items()}

    def job(self, job: Mapping[str, Any]) -> bool:
        """Run the steps of a job of a workflow."""
        steps: dict[str, Any] = {}
        contexts = {"github": self.github, "matrix": self.matrix, "steps": steps}
        return self._steps(job["steps"], contexts, {}, steps)

    def _steps(self, steps: Any, contexts: Mapping[str, Any], more: Mapping[str, str], outputs: dict[str, Any]) -> bool:
        good = True
        for number, step in enumerate(steps):
            condition = str(step.get("if", ""))
            if (not good and "always()" not in condition) or (condition and not evaluate(condition, contexts)):
                continue
            found: dict[str, str] = {}
            if "uses" in step:
                self.used.append((step["uses"], {name: filled(value, contexts) for name, value in step.get("with", {}).items()}))
                found = self.answers.get(step["uses"].partition("@")[0], {})
            else:
                succeeded, found = self._script(step, number, contexts, more)
                good = good and succeeded
            outputs[step.get("id", f"__{number}")] = {"outputs": found}
        return good

    def _script(self, step: Any, number: int, contexts: Mapping[str, Any], more: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
        assert "${{" not in step["run"], "an expression in a script is code"
        script, output, summary = (self.temp / f"{number}-{name}" for name in ("step.sh", "output", "summary"))
        script.write_text(step["run"])
        output.touch()
        summary.touch()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(self.temp),
            **self.environment,
            **more,
            **{name: filled(value, contexts) for name, value in step.get("env", {}).items()},
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(shell, cwd=self.workspace, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.log += done.stdout
        self.errors += done.stderr
        self.summary += summary.read_text()
        found = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done.returncode == 0, found
