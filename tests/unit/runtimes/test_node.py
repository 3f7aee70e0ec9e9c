"""Node: the cases of runtimes.md 1, its default heap by version and limit, and how flags reach V8."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, flagged, judged, topics
from memlint.api import GIB, MIB, Confidence, Severity, Verdict

PM2 = "node:20"


def part(reading, name="heap"):
    return next(item for item in reading.budget.parts if item.name in (name, f"default {name}"))


def seen(reading, topic):
    return next(item for item in reading.observations if item.topic == topic)


def options(text):
    return {"NODE_OPTIONS": text}


def ecosystem(**app):
    return {"files": {"/app/ecosystem.config.json": json.dumps({"apps": [{"script": "app.js", **app}]}, indent=1)}}


@pytest.mark.parametrize(
    ("topic", "command", "limit", "image", "extra"),
    [
        (None, "app.js", "512m", "node:20", {"env": options("--max-old-space-size=512")}),
        (None, "app.js", "256m", "node:22", {}),
        ("not-container-aware", "app.js", "1g", "node:18", {}),
        ("not-container-aware", "app.js", "1g", "node:16", {}),
        ("not-container-aware", "app.js", "1g", "node:20.2", {}),
        ("node-flag-refused", "app.js", "1g", "node:20", {"env": options("--max-old-space-size 400")}),
        ("node-flag-refused", "app.js", "1g", "node:20", {"env": options("--max-old-space-size=512m")}),
        ("node-flag-refused", "node --max-old-space-size=0.5 app.js", "1g", "node:20", {}),
        ("node-flag-refused", "node --max-old-space-size 400 app.js", "1g", "node:24", {}),
        ("node-flag-refused", "node --max-old-space-size-percentage=75 app.js", "1g", "node:20", {}),
        ("node-flag-refused", "app.js", "1g", "node:18", {"env": options("--max-old-space-size-percentage=75")}),
        ("node-flag-refused", "app.js", "1g", "node:22", {"env": options("--max-heap-size=400")}),
        ("node-flag-refused", "node --max-old-space-size-percentage=120 app.js", "1g", "node:24", {}),
        ("node-heap-in-bytes", "node --max-old-space-size=536870912 app.js", "1g", "node:20", {}),
        (None, "pm2-runtime start app.js -i 4 --node-args='--max-old-space-size=400'", "1g", PM2, {}),
        ("workers-from-host-cpus", "pm2-runtime start app.js -i max", "1g", PM2, {}),
        ("recycle-limit-unreachable", "pm2-runtime ecosystem.config.json", "1g", PM2, ecosystem(instances=2, max_memory_restart="1G")),
        ("recycle-units-wrong", "pm2-runtime ecosystem.config.json", "1g", PM2, ecosystem(instances=2, max_memory_restart="300")),
        (None, "app.js", "1g", "node:20", {"env": options("--max-old-space-size=8192")}),
        ("node-flag-ineffective", "node app.js --max-old-space-size=400", "1g", "node:20", {}),
        ("node-flag-ineffective", "app.js", "1g", "node:20", {"env": options("'--max-old-space-size=400'")}),
        ("node-flag-ineffective", "app.js", "1g", "node:20", {"env": options("max-old-space-size=400")}),
        ("node-flag-ineffective", "npm start --max-old-space-size=400", "1g", "node:20", {}),
    ],
)
def test_faults_are_found(topic, command, limit, image, extra):
    reading = ask(command, limit, image=image, **extra)
    assert flagged(reading, limit) if topic is None else topic in topics(reading)


@pytest.mark.parametrize(
    ("command", "limit", "image", "extra"),
    [
        ("app.js", "512m", "node:20", {"env": options("--max-old-space-size=384")}),
        ("app.js", "512m", "node:22", {}),
        ("node --max-old-space-size=750 app.js", "1g", "node:18", {}),
        ("app.js", "1g", "node:20.3", {}),
        ("app.js", "1g", "node:18.18.0", {}),
        ("app.js", "1g", "node:18", {"cgroup": 1}),
        ("app.js", "6g", "node:18", {"host_memory": 4 * GIB}),
        ("node --max_old_space_size=400 app.js", "1g", "node:20", {}),
        ("node --max-old-space-size-percentage=75 app.js", "1g", "node:22.21", {}),
        ("node --max-old-space-size=4096 app.js", "6g", "node:20", {}),
        ("pm2-runtime start app.js -i 2 --node-args=--max-old-space-size=384", "1g", PM2, {}),
        ("pm2-runtime ecosystem.config.json", "1g", PM2, ecosystem(instances=2, max_memory_restart="400M")),
        ("app.js", "512m", "node:20", {"env": options('"--max-old-space-size=300" --no-warnings')}),
        ("app.js", "512m", "node:20", {"env": options("--require ./trace.js --max-http-header-size=65536")}),
        ("node app.js --port 80 --size=400", "1g", "node:20", {}),
        ("app.js", "1g", "node:24", {"env": options("--max-heap-size=400")}),
        ("app.js", None, "node:18", {}),
    ],
)
def test_near_misses_are_silent(command, limit, image, extra):
    reading = ask(command, limit, image=image, **extra)
    assert reading is not None
    assert topics(reading) <= {"node-default-heap"}
    assert not flagged(reading, limit)


# v8.getHeapStatistics().heap_size_limit in MiB, measured 2026-11 (runtimes.md 1).
DEFAULTS = {
    "20.20.2": {
        "64m": 259,
        "256m": 259,
        "512m": 259,
        "1g": 524,
        "1536m": 792,
        "2g": 1048,
        "3g": 1584,
        "4g": 2096,
        "14g": 2096,
        "15g": 2096,
        "16g": 4144,
    },
    "22.23.3": {
        "64m": 259,
        "256m": 259,
        "512m": 259,
        "1g": 524,
        "1536m": 792,
        "2g": 1048,
        "3g": 1584,
        "4g": 2096,
        "14g": 2096,
        "15g": 4144,
    },
    "24.21.0": {
        "64m": 259,
        "256m": 259,
        "512m": 259,
        "1g": 560,
        "1536m": 864,
        "2g": 1120,
        "3g": 1728,
        "4g": 2240,
        "14g": 2240,
        "15g": 4288,
    },
    "26.10.0": {
        "64m": 262,
        "256m": 262,
        "512m": 268,
        "1g": 536,
        "1536m": 816,
        "2g": 1072,
        "3g": 1632,
        "4g": 2144,
        "14g": 2144,
        "15g": 4192,
    },
}


@pytest.mark.parametrize(("version", "limit", "total"), [(v, limit, total) for v, row in DEFAULTS.items() for limit, total in row.items()])
def test_default_heap_is_what_v8_was_measured_to_pick(version, limit, total):
    reading = ask("app.js", limit, image=f"node:{version}")
    assert part(reading).expected * 100 // 104 // MIB + part(reading, "young generation").high // MIB == pytest.approx(total, abs=1)


def test_blind_versions_take_the_host():
    reading = ask("app.js", "1g", image="node:18.20.8", host_memory=24 * GIB, cgroup=2)
    assert part(reading).expected * 100 // 104 // MIB == pytest.approx(4096, abs=1)
    assert judged(reading, "1g") is Verdict.LIKELY_OVER


def test_npm_start_on_an_old_node_with_a_small_limit():
    """`docker run -m 512m node:18 npm start`: on cgroup v2 the heap follows the host, and npm stays beside it."""
    reading = ask("npm start", "512m", image="node:18")
    assert judged(reading, "512m") is Verdict.LIKELY_OVER
    assert {item.name for item in reading.budget.parts} >= {"default heap", "npm", "buffers and native memory"}
    assert seen(reading, "not-container-aware").severity is Severity.WARNING
    assert "512 MiB" in seen(reading, "not-container-aware").message


@pytest.mark.parametrize(
    ("command", "env", "old"),
    [
        ("node --max-old-space-size=300 app.js", "--max-old-space-size=400", 300),
        ("node app.js", "--max-old-space-size=400", 400),
        ("node --max-old-space-size=100 --max-old-space-size=200 app.js", "", 200),
        ("node -r ./a.js --max-old-space-size=200 app.js", "", 200),
        ("node -max-old-space-size=200 app.js", "", 200),
        ("node --max-old-space-size=200 --max-old-space-size-percentage=50 app.js", "", 512),
        ("node --max-heap-size=403 app.js", "", 400 - 9),
        ("--max-old-space-size=200 app.js", "", 200),
    ],
)
def test_the_last_flag_wins_and_the_command_line_beats_the_variable(command, env, old):
    reading = ask(command, "1g", image="node:22", env=options(env) if env else None)
    assert part(reading).low // MIB == old
    assert reading.budget.confidence is Confidence.HIGH


def test_a_semi_space_counts_three_times():
    reading = ask("node --max-semi-space-size=64 --max-old-space-size=400 app.js", "1g", image="node:20")
    assert part(reading, "young generation").high == 192 * MIB


def test_a_flag_of_no_value_falls_back_to_the_default():
    reading = ask("node --max-old-space-size=0 app.js", "1g", image="node:20")
    assert part(reading).expected * 100 // 104 // MIB == pytest.approx(512, abs=1)


PACKAGE = '{\n  "name": "shop",\n  "scripts": {"build": "tsc", "start": "npm run build && node --max-old-space-size=300 dist/main.js"}\n}\n'


def test_a_package_script_is_followed():
    reading = ask("npm start", "1g", image="node:20", files={"/app/package.json": PACKAGE})
    heap = part(reading)
    assert heap.low == 300 * MIB
    assert PACKAGE[heap.origin.span.start : heap.origin.span.end] == "--max-old-space-size=300"
    assert heap.origin.span.line == 3


@pytest.mark.parametrize(
    ("command", "script", "old"),
    [
        ("npm run serve", "cross-env NODE_OPTIONS=--max-old-space-size=256 next start", 256),
        ("yarn serve", "NODE_OPTIONS='--max-old-space-size=256' node a.js", 256),
        ("yarn run serve", "node --max-old-space-size=256 a.js", 256),
        ("pnpm run serve", "pm2-runtime start a.js --node-args=--max-old-space-size=256", 256),
    ],
)
def test_every_package_manager_and_wrapper_is_followed(command, script, old):
    text = json.dumps({"scripts": {"serve": script}})
    assert part(ask(command, "1g", image="node:20", files={"/app/package.json": text})).low == old * MIB


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("node $OPTIONS app.js", {}),
        ("app.js", {"env": options("?")}),
        ("pm2-runtime ecosystem.config.js", {}),
        ("", {"image": "docker.elastic.co/kibana/kibana:8.15.0"}),
    ],
)
def test_a_heap_that_cannot_be_known_is_no_fault(command, extra):
    reading = ask(command, "128m", **{"image": "node:20", **extra})
    assert part(reading).low == 0
    assert part(reading).high is None
    assert not topics(reading)
    assert not flagged(reading, "128m")


def test_a_default_heap_is_no_certain_kill():
    assert judged(ask("app.js", "128m", image="node:22"), "128m") is Verdict.LIKELY_OVER


def test_only_a_variable_tells_that_it_is_node():
    reading = ask("", "250m", image="example/web-ui:3", env=options("--max-old-space-size=250"))
    assert judged(reading, "250m") is Verdict.OVER


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("--max-old-space-size 400", "--max-old-space-size=400"),
        ("--max-old-space-size=512m", "--max-old-space-size=512"),
        ("--max_old_space_size=1g", "--max-old-space-size=1024"),
    ],
)
def test_a_refused_flag_is_mended_in_place(text, fixed):
    value = f"--no-warnings {text}"
    fix = seen(ask("app.js", "1g", image="node:20", env=options(value)), "node-flag-refused").fix
    file = f"NODE_OPTIONS={value}\n"
    for edit in fix.edits:
        file = file[: edit.start] + edit.text + file[edit.end :]
    assert file == f"NODE_OPTIONS=--no-warnings {fixed}\n"


def test_worker_threads_have_heaps_of_their_own():
    """4 worker_threads at --max-old-space-size=256 died in 512 MiB (lab.md 7)."""
    reading = ask("node --max-old-space-size=256 app.js", "512m", image="node:20", footprint={"node": {"worker_threads": 4}})
    assert judged(reading, "512m") is Verdict.OVER


def test_buffers_stand_outside_the_heap():
    known = {"node": {"buffers": 448 * MIB}}
    reading = ask("node --max-old-space-size=384 app.js", "512m", image="node:20", footprint=known)
    assert judged(reading, "512m") is Verdict.OVER
    assert reading.budget.high is not None


def test_a_reservation_shrinks_the_heap_on_cgroup_v1_only():
    assert part(ask("app.js", "2g", image="node:20", reservation="512m", cgroup=1)).expected < 270 * MIB
    assert part(ask("app.js", "2g", image="node:20", reservation="512m", cgroup=2)).expected > 1024 * MIB


def test_distroless_names_tell_the_version():
    assert ask("app.js", "1g", image="gcr.io/distroless/nodejs18-debian12").version == "18"


def test_the_bill_names_every_basis():
    for image in ("node:18", "node:26"):
        assert all(item.basis for item in ask("npm start", "1g", image=image).budget.parts)


@given(
    st.text(alphabet="-max_old=space ize'\"\\512m\t\n$npm", max_size=40),
    st.text(alphabet="0123456789.-ab", max_size=9),
    st.sampled_from(["64m", "1g", None]),
)
def test_no_text_makes_it_raise(text, script, limit):
    files = {"/app/package.json": json.dumps({"scripts": {"start": text}}), "/app/a.json": text}
    for command in ("app.js", "npm start", "pm2-runtime a.json"):
        reading = ask(command, limit, image=f"node:{script}", env=options(text), files=files)
        for item in reading.observations:
            assert item.at.end > item.at.start
