"""Fuzz by coverage, by hand: `python tests/fuzz/atheris_targets.py TARGET SECONDS [FOLDER]`, or `make fuzz`. Needs `pip install atheris`.

Goes on after a crash: each kind of crash (its exception and the places it came through) is written once to FOLDER, with the traceback.
"""

import os
import pkgutil
import sys
import time
import traceback
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from random import Random

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
with atheris.instrument_imports(include=["memlint", "memlint_rules"]):
    import memlint

    # All at once: what a function imports later would not be seen.
    for module in pkgutil.walk_packages(memlint.__path__, "memlint."):
        if module.name != "memlint.__main__":
            import_module(module.name)
    from fuzz import targets

    targets.plugins().rules()


def main() -> None:
    name, seconds = sys.argv[1], float(sys.argv[2])
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else "fuzz-out").resolve()
    crashes, corpus = folder / "crashes" / name, folder / "corpus" / name
    for path in (crashes, corpus):
        path.mkdir(parents=True, exist_ok=True)
    for seed in targets.seeds(name):
        (corpus / blake2b(seed.encode(), digest_size=8).hexdigest()).write_text(seed)
    target = targets.TARGETS[name]
    log = folder / f"log.{name}.{os.getpid()}"
    done = seen = 0
    began = time.monotonic()
    empty = folder / "empty"  # a lookup of a file that the text does not hold finds nothing
    empty.mkdir(exist_ok=True)
    os.chdir(empty)

    def one(data: bytes) -> None:
        nonlocal done, seen
        done += 1
        if done % 50 == 0:  # the fuzzer leaves without a goodbye
            log.write_text(f"{name} {time.monotonic() - began:.0f} s {done} executions {seen} new kinds of crash\n")
        text = data.decode("utf-8", "replace")
        try:
            target(text)
        except Exception as error:  # any exception is what is looked for
            frames = [
                f"{Path(frame.filename).name}:{frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)
                if "memlint" in frame.filename
            ]
            what = str(error)[:7] if isinstance(error, AssertionError) else ""
            kind = blake2b(f"{type(error).__name__} {what} {frames[-4:]}".encode(), digest_size=6).hexdigest()
            if not (crashes / kind).exists():
                seen += 1
                (crashes / kind).write_text(text)
                (crashes / f"{kind}.trace").write_text("".join(traceback.format_exception(error)))

    def changed(data: bytes, size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.2:
            return bytes(atheris.Mutate(data, size))
        return targets.mutate(data.decode("utf-8", "replace"), random, name).encode()[:size]

    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds:.0f}", "-max_len=20000", "-timeout=300", "-rss_limit_mb=3000", "-len_control=0",
         f"-artifact_prefix={crashes}/", str(corpus)],
        one,
        custom_mutator=changed,
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main()
