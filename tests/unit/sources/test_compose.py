"""A compose file as values: typing, merge keys, resets, merging, what Compose refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.sources import compose, compose_schema, tree
from memlint.sources.compose import Entry, Fault, Leaf, Map, Merger, Seq, Value
from memlint.sources.interpolation import Variable
from memlint.sources.text import Source


def read(text: str, **variables: str) -> tuple[Map, list[Fault]]:
    parsed = tree.read(Source("compose.yaml", text))
    assert not parsed.problems
    known = {name: Variable(value, None) for name, value in variables.items()}
    reading = compose.Reading(text, known.get)
    value = reading.value(parsed.documents[0])
    assert type(value) is Map
    return value, reading.faults


def plain(value: Value) -> object:
    if type(value) is Leaf:
        return value.value
    if type(value) is Map:
        return {name: plain(entry.value) for name, entry in value.entries.items()}
    assert type(value) is Seq
    return [plain(item) for item in value.items]


def services(text: str, **variables: str) -> tuple[object, list[Fault]]:
    """Return the services of a text in canonical form."""
    value, faults = read(text, **variables)
    holder = value.map("services")
    assert holder is not None
    made = {name: compose.canonical(entry.value, ("services", name), faults) for name, entry in holder.entries.items()}
    return {name: plain(service) for name, service in made.items()}, faults


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"), (1e6, "1e+06"), (100000.0, "100000"), (0.0001, "0.0001"), (1e-05, "1e-05"), (123456789.5, "1.234567895e+08"), (-0.0, "-0"),
        (1e21, "1e+21"), (True, "true"), (None, ""), (15, "15"), ("x", "x"),
    ],
)  # fmt: skip
def test_scalars_as_go_prints_them(value: float | str | None, text: str) -> None:
    assert compose.text_of(value) == text


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("30s", 30 * 10**9), ("1m30s", 90 * 10**9), ("1.5h", 5400 * 10**9), ("2d", 172800 * 10**9), ("0", 0), ("-1s", -(10**9)), ("500ms", 5 * 10**8),
     ("5", None), ("", None), ("s", None), ("1x", None), (".s", None), ("1 s", None)],
)  # fmt: skip
def test_durations(text: str, nanoseconds: int | None) -> None:
    assert compose.duration(text) == nanoseconds


def test_scalars_have_composes_types() -> None:
    made, _ = read("{a: 017, b: yes, c: 1.5, d: '1', e: , f: true, g: 2001-1-2, h: 1_000, i: 512m, j: 2001-13-01}\n")
    assert plain(made) == {
        "a": 15, "b": "yes", "c": 1.5, "d": "1", "e": None, "f": True, "g": "2001-01-02 00:00:00 +0000 UTC", "h": 1000, "i": "512m",
        "j": "2001-13-01",
    }  # fmt: skip


def test_merge_keys_own_keys_win_and_the_first_of_a_list() -> None:
    made, faults = read("x: &x {a: 1, b: 1}\ny: &y {a: 2, c: 2}\nz: {<<: [*x, *y], b: 3}\nw: {<<: *x}\nv: *x\n")
    assert (plain(made), faults) == (
        {"x": {"a": 1, "b": 1}, "y": {"a": 2, "c": 2}, "z": {"b": 3, "a": 1, "c": 2}, "w": {"a": 1, "b": 1}, "v": {"a": 1, "b": 1}},
        [],
    )
    assert [step.how for step in made.via("z", "a")] == ["merge key <<"]
    assert [step.how for step in made.via("v", "a")] == ["alias"]


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("a: 1\na: 2\n", 2, 1, "'a' already stands in line 1"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", 4, 3, "'<<' already stands"),
        ("1: a\n", 1, 1, "must be a string"),
        ("a: {true: b}\n", 1, 5, "must be a string"),
        ("a: &a [*a]\n", 1, 4, "contains itself"),
        ("a: ${1}\n", 1, 4, "is no variable"),
        ("a:\n  <<: 5\n", 2, 3, "a merge key takes a mapping"),
    ],
)
def test_what_compose_refuses_in_a_document(text: str, line: int, column: int, told: str) -> None:
    _, (fault,) = read(text)
    assert (fault.at.line, fault.at.column) == (line, column)
    assert told in fault.message


def test_short_forms_are_written_long() -> None:
    made, faults = services(
        """
services:
  a:
    environment: [A=1, B, "C=x=y"]
    build: ./d
    depends_on: [b]
    env_file: e.env
    tmpfs: /run
    volumes: [/data, "./d:/d:ro", "vol:/v", "C:\\\\x:/y"]
"""
    )
    assert faults == []
    assert made == {
        "a": {
            "environment": {"A": "1", "B": None, "C": "x=y"},
            "build": {"context": "./d"},
            "depends_on": {"b": {"condition": "service_started"}},
            "env_file": ["e.env"],
            "tmpfs": ["/run"],
            "volumes": [
                {"type": "volume", "target": "/data"},
                {"type": "bind", "target": "/d", "source": "./d"},
                {"type": "volume", "target": "/v", "source": "vol"},
                {"type": "bind", "target": "/y", "source": "C:\\x"},
            ],
        }
    }


@pytest.mark.parametrize("volume", ['"aa::b"', '"/a:"', '"aa:bb:cc:dd"', '""'])
def test_volumes_that_compose_cannot_read(volume: str) -> None:
    _, (fault,) = services(f"services: {{a: {{volumes: [{volume}]}}}}\n")
    assert "invalid volume" in fault.message


def test_the_parts_of_a_list_entry_keep_their_place() -> None:
    text = 'services:\n  a:\n    environment:\n    - J=-Xmx1g\n    - "K=${V:-x} y"\n'
    value, faults = read(text)
    holder = value.map("services", "a")
    assert holder is not None
    made = compose.canonical(holder, ("services", "a"), faults)
    assert type(made) is Map
    leaf = made.leaf("environment", "J")
    assert leaf is not None
    assert (text[leaf.span.start : leaf.span.end], leaf.span.line, leaf.span.column) == ("-Xmx1g", 4, 9)
    second = made.leaf("environment", "K")
    assert second is not None
    assert text[second.span.start : second.span.end] == "${V:-x} y"
    assert second.origin("environment K").how == "environment K, default of ${V}"


def merged(base: str, over: str) -> tuple[object, list[Fault]]:
    one, faults = read(base)
    two, more = read(over)
    faults += more
    result = Merger(faults).files(one, two)
    return plain(result), faults


@pytest.mark.parametrize(
    ("base", "over", "result"),
    [
        ("{a: 1, b: 2}", "{b: 3, c: 4}", {"a": 1, "b": 3, "c": 4}),
        ("{a: {x: 1}}", "{a: {y: 2}}", {"a": {"x": 1, "y": 2}}),
        ("{a: [1]}", "{a: [2]}", {"a": [1, 2]}),
        ("{a: 1}", "{a: }", {"a": 1}),
        ("{services: {a: {command: [x], entrypoint: y}}}", "{services: {a: {command: , entrypoint: [z]}}}",
         {"services": {"a": {"command": None, "entrypoint": ["z"]}}}),
        ("{services: {a: {healthcheck: {test: [CMD, x], interval: 5s}}}}", "{services: {a: {healthcheck: {test: y}}}}",
         {"services": {"a": {"healthcheck": {"test": "y", "interval": "5s"}}}}),
    ],
)  # fmt: skip
def test_merging(base: str, over: str, result: object) -> None:
    assert merged(base, over) == (result, [])


def test_a_value_of_another_form_is_refused_at_the_override() -> None:
    _, (fault,) = merged("{a: [1]}", "{b: 1, a: x}")
    assert (fault.at.column, fault.message) == (11, "a is of another form here than where it is overridden")


def test_resets_and_overrides() -> None:
    text = "services: {a: {ports: !reset [], mem_limit: !override 1g, b: {c: !reset null}}}\nx: {<<: {services: !reset null}}\n"
    parsed = tree.read(Source("f", text))
    paths = compose.resets(parsed.documents[0], text)
    assert sorted(paths) == [("services", "a", "b", "c"), ("services", "a", "mem_limit"), ("services", "a", "ports"), ("x", "services")]
    value, _ = read("services: {a: {ports: [1], mem_limit: 2g, b: {c: 1, d: 2}}, e: {ports: [1]}}\n")
    assert plain(compose.without(value, paths)) == {"services": {"a": {"b": {"d": 2}}, "e": {"ports": [1]}}}
    reset, _ = read(text)
    assert plain(reset) == {"services": {"a": {"mem_limit": "1g", "b": {}}}, "x": {}}


def test_lists_hold_nothing_twice_and_the_later_wins() -> None:
    value, faults = read('{tmpfs: ["/a:size=1m", /b, "/a:size=2m"], volumes: ["one:/d", "two:/e", "three:/d"], ports: [80, 80]}')
    made = compose.unique(compose.canonical(value, ("services", "a"), faults))
    assert type(made) is Map
    assert plain(made.entries["tmpfs"].value) == ["/a:size=2m", "/b"]
    volumes = made.get("volumes")
    assert type(volumes) is Seq
    assert [item.text("source") for item in volumes.items if type(item) is Map] == ["three", "two"]
    assert plain(made.entries["ports"].value) == [80]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: {image: x}", "'a' is no key that Compose knows in a compose file: put services under `services:`"),
        ("services: {a: {mem_limits: 1g}}", "'mem_limits' is no key that Compose knows in services.a: is mem_limit meant?"),
        ("services: {a: {image: 5}}", "services.a.image must be a string"),
        ("services: {a: {command: [sleep, 10]}}", "services.a.command.[1] must be a string"),
        ("services: {a: {init: maybe}}", "services.a.init is 'maybe', which is not a boolean"),
        ("services: {a: {init: }}", "services.a.init must be a string or a boolean"),
        ("services: {a: {oom_score_adj: '1001'}}", "services.a.oom_score_adj must be 1000 or less"),
        ("services: {a: {deploy: {resources: {limits: {memory: 50}}}}}", "services.a.deploy.resources.limits.memory must be a string"),
        ("services: {a: {scale: 1.5}}", "services.a.scale must be a string or a integer"),
        ("services: {a: }", "services.a must be a mapping"),
        ("services: {a b: {image: x}}", "'a b' is no key that Compose knows in services"),
        ("services: {a: {container_name: z}}", "services.a.container_name 'z' does not match [a-zA-Z0-9][a-zA-Z0-9_.-]+"),
        ("services: {a: {volumes: [{target: /x}]}}", "services.a.volumes.[0] needs 'type'"),
        ("services: {a: {profiles: [p, p]}}", "services.a.profiles holds 'p' twice"),
        ("jobs: {a: {image: x}}", "jobs.a needs 'triggers'"),
    ],
)
def test_what_the_schema_refuses(text: str, told: str) -> None:
    value, _ = read(text)
    (fault,) = compose_schema.check(value)
    assert fault.message == told
    assert fault.at.start < fault.at.end


@pytest.mark.parametrize(
    "text",
    [
        "x-a: [1]\nname: n\nversion: '3'\n",
        "services: {a: {image: x, init: 'true', oom_kill_disable: yes, scale: 1.0, x-b: 5, deploy: , pid: , oom_score_adj: '5'}}",
        "services: {a: {image: '${X}', init: '${X}', scale: '${X}', oom_score_adj: '${X}', restart: '${X}', deploy: {replicas: '${X}'}}}",
        "jobs: {a: {image: x, mem_limit: 1g, triggers: {manual: true}}}",
    ],
)
def test_what_the_schema_takes(text: str) -> None:
    assert compose_schema.check(read(text)[0]) == []


@pytest.mark.parametrize(
    ("text", "profiles", "told"),
    [
        ("services: {a: {}}", "", "service 'a' has neither an image nor a build"),
        ("services: {a: {image: ''}}", "", "service 'a' has neither an image nor a build"),
        ("services: {a: {image: x, networks: {n: }}}", "", "network 'n' is not defined"),
        ("services: {a: {image: x, depends_on: {b: {}}}}", "", "service 'a' depends on 'b', which is not defined"),
        ("services: {a: {image: x, depends_on: {b: {}}}, b: {image: y, profiles: [p]}}", "", "which only the profile p starts"),
        ("services: {a: {image: x, depends_on: {b: {}}}, b: {image: y, profiles: [p]}}", "q, p", None),
        ("services: {a: {image: x, depends_on: {b: {required: false}}}, b: {image: y, profiles: [p]}}", "", None),
        ("services: {a: {image: x, depends_on: {b: {}}}, b: {image: y, depends_on: {a: {}}}}", "", "in a circle: a -> b -> a"),
        ("services: {a: {image: x, links: [b]}, b: {image: y, pid: 'service:a'}}", "", "in a circle"),
        ("services: {a: {build: {dockerfile: D, dockerfile_inline: FROM x}}}", "", "dockerfile and dockerfile_inline exclude each other"),
        ("services: {a: {image: x, network_mode: host, networks: {default: }}}", "", "network_mode and networks exclude each other"),
        ("services: {a: {image: x, healthcheck: {test: [curl]}}}", "", "healthcheck.test must begin with"),
        ("services: {a: {image: x, tmpfs: [/a, '/a:size=1m']}}", "", "target '/a' is already mounted"),
        ("services: {a: {image: x, configs: [c]}}", "", "config 'c' is not defined"),
        ("configs: {c: {file: x, content: y}}", "", "configs.c: file and content exclude each other"),
        ("secrets: {s: {}}", "", "secrets.s needs one of file, environment"),
    ],
)
def test_what_is_not_consistent(text: str, profiles: str, told: str | None) -> None:
    faults = compose_schema.consistency(read(text)[0], profiles)
    assert [told in fault.message for fault in faults] == ([True] if told is not None else [])


def test_a_base_that_thousands_extend_is_bounded() -> None:
    base, _ = read("environment: {" + ", ".join(f"A{number}: 1" for number in range(1000)) + "}")
    service, _ = read("image: x")
    faults: list[Fault] = []
    merger = Merger(faults)
    merged = [merger.service(base, service, (), "a") for _ in range(1000)]
    assert [fault.message for fault in faults] == ["merging makes more than 100000 values, which memlint does not read"]
    assert "environment" in merged[0].entries
    assert merged[-1] is service


VALUES = st.recursive(
    st.sampled_from(["1g", "null", "true", "512", "1.5", '"${A:-x}"', "${B}", "*a", "", "!reset null", "x y", "'='", "a:b", "~"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(
                ["a", "services", "image", "<<", "environment", "volumes", "deploy", "mem_limit", "tmpfs", "build", "1", "depends_on"]
            ),
            inner,
            max_size=4,
        ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"),
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.lists(VALUES, min_size=1, max_size=2))
def test_no_text_raises_and_every_fault_lies_in_it(texts: list[str]) -> None:
    model = Map({}, None)
    faults: list[Fault] = []
    size = 0
    for service in texts:
        text = "x: &a {image: x}\nservices:\n  s: " + service + "\n"
        size = max(size, len(text))
        parsed = tree.read(Source("f", text))
        for document in parsed.documents:
            reading = compose.Reading(text, {}.get)
            value = reading.value(document)
            faults += reading.faults
            holder = value.get("services") if type(value) is Map else None
            if type(value) is Map and type(holder) is Map:
                made = {
                    name: Entry(one.key, compose.canonical(one.value, ("services", name), faults)) for name, one in holder.entries.items()
                }
                value = value.with_entries({"services": Entry(None, Map(made, holder.node))})
            assert type(value) is Map
            model = compose.without(model, compose.resets(document, text))
            model = Merger(faults).files(model, value)
    faults += compose_schema.check(model) + compose_schema.consistency(model, "")
    for fault in faults:
        assert 0 <= fault.at.start <= fault.at.end <= size
        assert fault.message
