"""The images that Jib makes of a Maven or Gradle project: `java` itself is the entrypoint, and no shell expands a variable.

Source: GoogleContainerTools/jib docs/faq.md "What would a Dockerfile for a Jib-built image look like?", jib-maven-plugin README (container).
"""

import posixpath
import re
from typing import Final

from memlint.model import Confidence, Image, Known, Origin, Span, Text, Word
from memlint.patterns import pattern
from memlint.resolve.inputs import Inputs, resolve
from memlint.sources.text import Source
from memlint.sources.tree import Mapping

_PLUGIN: Final = pattern(
    r"<plugin>(?:(?!</?plugin>).)*?<artifactId>jib-maven-plugin</artifactId>(?P<body>(?:(?!</?plugin>).)*)</plugin>", re.DOTALL
)
_FLAG: Final = pattern(r"<jvmFlag>\s*+([^<\s](?:[^<]*[^<\s])?|)\s*+</jvmFlag>")
_VARIABLES: Final = pattern(r"<environment>((?:(?!<environment>).)*?)</environment>", re.DOTALL)
_VARIABLE: Final = pattern(r"<([A-Za-z_]\w*+)>\s*+([^<\s](?:[^<]*[^<\s])?|)\s*+</\1>")
_FROM: Final = pattern(r"<from>\s*<image>\s*([^<\s]*)")
_MAIN: Final = pattern(r"<mainClass>\s*+([^<\s]*+)\s*+</mainClass>")


def read(source: Source, context: str, jib: Mapping, inputs: Inputs) -> Image | None:
    """Return the image of a skaffold artifact with `jib:`, None where the project starts something else than Jib's own entrypoint.

    Without a pom.xml among the files Jib's defaults are taken, with less confidence.
    """
    at = jib.span
    folder = posixpath.normpath(posixpath.join(resolve(source.path, context), jib.text("project") or "."))
    pom = inputs.lookup(posixpath.join(folder, "pom.xml"))
    plugin = _PLUGIN.search(pom.text) if pom is not None else None
    words: list[Word] = [Known("java", Origin(at, "Jib's entrypoint"))]
    env: dict[str, Text] = {}
    base = jib.text("fromImage")
    main = "Main"
    if pom is not None and plugin is not None:
        begin, body = plugin.start("body"), plugin["body"]
        if "<entrypoint>" in body:
            return None

        def known(match: re.Match[str], group: int, how: str) -> Known[str]:
            span: Span = pom.span(begin + match.start(group), begin + match.end(group))
            return Known(match[group], Origin(span, how, (Origin(at, "Jib"),)))

        words += [known(flag, 1, "jvmFlag") for flag in _FLAG.finditer(body)]
        variables = _VARIABLES.search(body)
        for one in _VARIABLE.finditer(body, *variables.span(1)) if variables else ():
            env[one[1]] = known(one, 2, f"environment {one[1]}")
        named = _FROM.search(body)
        base = base or (named[1] if named and "$" not in named[1] else None)
        called = _MAIN.search(body)
        main = called[1] if called and "$" not in called[1] else main
    for word in ("-cp", "@/app/jib-classpath-file", main):
        words.append(Known(word, Origin(at, "Jib's entrypoint")))
    return Image(
        "",
        "jib",
        entrypoint=tuple(words),
        env=env,
        bases=(base,) if base else (),
        runtime="jvm",
        pid1="direct",
        main_process="java",
        origin=Origin(at, "Jib"),
        confidence=Confidence.HIGH if plugin is not None else Confidence.MEDIUM,
    )
