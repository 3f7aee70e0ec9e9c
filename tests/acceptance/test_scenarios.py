"""Every scenario in `fixtures/scenarios`: exactly which rules fire on the bad input, where and with which numbers; the mended one is clean.

A line of EXPECTED is a finding: rule, severity, path:line:column below the folder, and what its message must hold, in this order.
"""

import re
from shutil import which
from typing import Any

import pytest

from conftest import ROOT, Answer, run_memlint
from memlint.quantity import MIB, human

SCENARIOS = ROOT / "fixtures" / "scenarios"
# A chart is judged by its values, whether helm is here or not.
OPTIONS = {"join/bad/helm": ("--no-render",), "join/good/helm": ("--no-render",)}
EXPECTED = {
    "S1/bad/compose": """
        MEM215 info Dockerfile:4:24 | 512 MiB
        MEM203 info compose.yaml:4:16 | 915 MiB | 1 GiB | 240 MiB | 512 MiB | 288 MiB
        MEM502 info compose.yaml:4:16 | 1 GiB
    """,
    "S1/bad/docker": """
        MEM215 info Dockerfile:4:24 | 512 MiB
        MEM203 info run.sh:3:57 | 915 MiB | 1 GiB | 240 MiB | 512 MiB | 288 MiB
        MEM502 info run.sh:3:57 | 1 GiB
    """,
    "S1/bad/kubernetes": """
        MEM215 info orders.yaml:15:29 | 512 MiB
        MEM203 info orders.yaml:18:30 | 915 MiB | 1 GiB | 240 MiB | 512 MiB | 288 MiB
    """,
    "S1/bad/raised": """
        MEM215 info compose.yaml:5:23 | 600 MiB
        MEM202 warning compose.yaml:7:16 | 1000 MiB | 580 MiB | 200 MiB | 150 MiB | 32.7 MiB
        MEM502 info compose.yaml:7:16 | 1 GiB
        MEM215 info compose.yaml:11:23 | 768 MiB
        MEM201 error compose.yaml:13:16 | 1099 MiB | 714 MiB | 200 MiB | 150 MiB | 16 MiB
        MEM502 info compose.yaml:13:16 | 1 GiB
        MEM702 info compose.yaml:14:14 | 1099 MiB | 1 GiB | 'unless-stopped'
    """,
    "S1b/bad/compose": """
        MEM215 info compose.yaml:4:35 | 1 GiB
        MEM216 info compose.yaml:4:45 | 1 GiB
        MEM201 error compose.yaml:6:16 | 1 GiB | 1182 MiB | 1 GiB | 90.8 MiB | 31.1 MiB
        MEM502 info compose.yaml:6:16 | 1 GiB
        MEM702 info compose.yaml:7:14 | 1182 MiB | 1 GiB | 'always'
        MEM215 info compose.yaml:11:33 | 1 GiB
        MEM104 error compose.yaml:13:16 | 1 GiB | 30 MiB
        MEM201 error compose.yaml:13:16 | 1054 MiB | 1 GiB | 15 MiB | 10.3 MiB | 2.4 MiB
        MEM502 info compose.yaml:13:16 | 1 GiB
        MEM702 info compose.yaml:14:14 | 1054 MiB | 1 GiB | 'always'
    """,
    "S1b/bad/docker": """
        MEM215 info Dockerfile:4:33 | 1 GiB
        MEM216 info Dockerfile:4:40 | 1 GiB
        MEM702 info run.sh:3:40 | 1182 MiB | 1 GiB | 'always'
        MEM201 error run.sh:3:50 | 1 GiB | 1182 MiB | 1 GiB | 90.8 MiB | 31.1 MiB
        MEM502 info run.sh:3:50 | 1 GiB
    """,
    "S1b/bad/kubernetes": """
        MEM215 info billing.yaml:15:41 | 1 GiB
        MEM216 info billing.yaml:15:51 | 1 GiB
        MEM201 error billing.yaml:18:30 | 1 GiB | 1182 MiB | 1 GiB | 90.8 MiB | 31.1 MiB
    """,
    "S2/bad/compose": """
        MEM401 warning Dockerfile:5:6 | chromium
        MEM407 info compose.yaml:5:33 | 8 workers
        MEM507 info compose.yaml:5:33 | 8 workers | 4 workers | 58 MiB | 128 MiB
        MEM502 info compose.yaml:7:16 | 1 GiB
        MEM405 warning compose.yaml:8:23 | 1 GiB
        MEM406 error compose.yaml:9:20
        MEM404 warning compose.yaml:10:11 | pid host
        MEM203 info compose.yaml:15:16 | 432 MiB | 1 GiB
        MEM502 info compose.yaml:15:16 | 1 GiB
    """,
    "S2/bad/docker": """
        MEM402 warning Dockerfile:6:5
        MEM407 info Dockerfile:6:24 | 8 workers
        MEM507 info Dockerfile:6:24 | 8 workers | 4 workers | 58 MiB | 128 MiB
        MEM502 info run.sh:4:6 | 1 GiB
        MEM405 warning run.sh:4:9 | 1 GiB
        MEM406 warning run.sh:4:44 | 50 %
    """,
    "S2/bad/kubernetes": """
        MEM402 warning Dockerfile:4:6
        MEM406 warning start.sh:2:1 | 'Permission denied'
        MEM407 info start.sh:3:1
        MEM507 info start.sh:4:20 | 8 workers | 4 workers | 58 MiB | 128 MiB
        MEM203 info thumbs.yaml:17:30 | 912 MiB | 1 GiB | 1062 MiB | 984 MiB
    """,
    "S2b/bad/compose": """
        MEM606 error compose.yaml:4:41 | 2 GiB
        MEM202 warning compose.yaml:6:16 | 2141 MiB | 2 GiB | 60 MiB | 25 MiB | 8 MiB
        MEM502 info compose.yaml:6:16 | 2 GiB
        MEM214 info compose.yaml:8:12 | 2 GiB | 512 MiB | 25 % | 1536 MiB | MaxRAMPercentage=75
        MEM203 info compose.yaml:10:16 | 676 MiB | 2 GiB
        MEM502 info compose.yaml:10:16 | 2 GiB
    """,
    "S2b/bad/docker": """
        MEM202 warning run.sh:2:28 | 2248 MiB | 2150 MiB | 75 MiB | 16 MiB | 7.4 MiB
        MEM502 info run.sh:2:28 | 2 GiB
        MEM606 error run.sh:2:116 | 2 GiB
        MEM203 info run.sh:3:29 | 676 MiB | 2 GiB
        MEM502 info run.sh:3:29 | 2 GiB
        MEM214 info run.sh:3:32 | 2 GiB | 512 MiB | 25 % | 1536 MiB | MaxRAMPercentage=75
    """,
    "S2b/bad/kubernetes": """
        MEM217 error shop.yaml:15:29 | 2 GiB | MaxRAMPercentage=75
        MEM201 error shop.yaml:22:30 | 2 GiB | 2217 MiB | 2 GiB | 90.8 MiB | 31.1 MiB
        MEM606 error shop.yaml:39:45 | 2 GiB
        MEM202 warning shop.yaml:42:30 | 2248 MiB | 2150 MiB | 75 MiB | 16 MiB | 7.4 MiB
    """,
    "S2b/good/docker": """
        MEM203 info run.sh:2:53 | 1188 MiB | 2 GiB | 2641 MiB | 1134 MiB
    """,
    "S2b/good/kubernetes": """
        MEM203 info shop.yaml:47:30 | 1188 MiB | 2 GiB | 2641 MiB | 1134 MiB
    """,
    "S3/bad/compose": """
        MEM501 warning compose.yaml:10:16 | 9728 MiB | 6 GiB | 3 GiB | 512 MiB | 8 GiB
        MEM101 info compose.yaml:20:3
        MEM501 info compose.yaml:20:3 | 8 GiB | 1 GiB | 6656 MiB
    """,
    "S3/bad/docker": """
        MEM502 info run.sh:2:52 | 512 MiB
        MEM702 info run.sh:3:34 | 1148 MiB | 1 GiB | 'unless-stopped'
        MEM201 error run.sh:3:52 | 1148 MiB | 1023 MiB | 90 MiB | 16 MiB | 15 MiB
        MEM502 info run.sh:3:52 | 1 GiB
        MEM215 info run.sh:3:83 | 1100 MiB
        MEM503 warning run.sh:4:69 | 1 GiB
        MEM504 error run.sh:5:69 | 512 MiB | 1 GiB
        MEM505 info run.sh:6:92
    """,
    "S3b/bad/compose": """
        MEM507 info compose.yaml:3:12
        MEM215 info compose.yaml:4:23 | 256 MiB
        MEM507 info compose.yaml:4:35 | 17 MiB
        MEM203 info compose.yaml:5:16 | 371 MiB | 768 MiB
        MEM215 info compose.yaml:9:23 | 256 MiB
        MEM203 info compose.yaml:10:16 | 371 MiB | 768 MiB
        MEM407 info compose.yaml:14:33 | 4 workers
        MEM507 info compose.yaml:14:33 | 4 workers | 58 MiB | 128 MiB
    """,
    "S3b/bad/docker": """
        MEM407 info run.sh:3:22 | 4 workers
        MEM507 info run.sh:3:22 | 4 workers | 58 MiB | 128 MiB
    """,
    "S3b/bad/kubernetes": """
        MEM507 info web.yaml:15:46 | 4 workers | 58 MiB | 128 MiB
    """,
    "S3b/good/compose": """
        MEM407 info compose.yaml:18:33 | 4 workers
    """,
    "S3b/good/docker": """
        MEM407 info run.sh:3:22 | 4 workers
    """,
    "S4/bad/compose": """
        MEM403 warning Dockerfile:6:6
        MEM201 error compose.yaml:6:16 | 558 MiB | 512 MiB | 32 MiB | 8 MiB | 6 MiB
        MEM502 info compose.yaml:6:16 | 512 MiB
        MEM105 warning compose.yaml:7:22 | 512 MiB
        MEM702 info compose.yaml:8:14 | 558 MiB | 512 MiB | 'unless-stopped'
        MEM704 info compose.yaml:10:13 | 'unless-stopped'
        MEM705 warning compose.yaml:10:13 | 'ps aux | grep node'
        MEM706 warning package.json:9:25 | 612 MiB | 512 MiB
    """,
    "S4/bad/docker": """
        MEM403 warning Dockerfile:6:6
        MEM706 warning package.json:9:25 | 2209 MiB | 512 MiB
        MEM703 info run.sh:3:1
        MEM202 warning run.sh:3:30 | 2209 MiB | 2129 MiB | 33 MiB | 32 MiB | 15 MiB
        MEM213 warning run.sh:3:30 | 2 GiB | 512 MiB
        MEM502 info run.sh:3:30 | 512 MiB
        MEM105 warning run.sh:3:56 | 512 MiB
        MEM705 warning run.sh:3:74 | 'ps aux'
    """,
    "S4/bad/kubernetes": """
        MEM402 warning Dockerfile:6:5
        MEM706 warning package.json:9:25 | 2 replicas | 597 MiB | 512 MiB
        MEM201 error shop.yaml:18:30 | 550 MiB | 512 MiB | 32 MiB | 6 MiB
        MEM705 warning shop.yaml:20:13 | 'ps aux'
    """,
    "S4b/bad/compose": """
        MEM602 warning compose.yaml:12:14 | 512 MiB
        MEM203 info compose.yaml:14:16 | 4 MiB | 512 MiB
    """,
    "S4b/bad/docker": """
        MEM202 warning run.sh:2:59 | 625 MiB | 414 MiB | 207 MiB | 4 MiB | 512 MiB
        MEM601 error run.sh:3:45 | 418 MiB | 627 MiB | 836 MiB | 512 MiB | 94 MiB
    """,
    "S4b/bad/kubernetes": """
        MEM601 error sessions.yaml:16:56 | 418 MiB | 627 MiB | 836 MiB | 512 MiB | 94 MiB
        MEM202 warning sessions.yaml:19:30 | 625 MiB | 414 MiB | 207 MiB | 4 MiB | 512 MiB
    """,
    "S5/bad/kubernetes": """
        MEM215 info checkout.yaml:15:29 | 600 MiB
        MEM001 error checkout.yaml:17:32 | '512MB' | 'MB'
        MEM001 error checkout.yaml:18:30 | '1024MB' | 'MB'
        MEM215 info shop.yaml:17:29 | 600 MiB
        MEM219 info shop.yaml:17:29 | 600 MiB | 400 MiB
        MEM203 info shop.yaml:20:30 | 737 MiB | 1 GiB | 600 MiB
        MEM303 info shop.yaml:20:30 | 1 GiB | 2.6 times | 400 MiB
        MEM304 info shop.yaml:25:9
        MEM301 warning shop.yaml:39:32 | 512 MiB | 1 GiB
        MEM302 warning shop.yaml:54:11
    """,
    "S5b/bad/kubernetes": """
        MEM304 info shop.yaml:4:9
        MEM301 warning shop.yaml:18:32 | 512 MiB | 2 GiB
        MEM203 info shop.yaml:19:30 | 1593 MiB | 2 GiB | 2100 MiB | 2073 MiB
        MEM303 info shop.yaml:19:30 | 2 GiB | 4.0 times | 512 MiB
        MEM305 info shop.yaml:24:9
        MEM303 info shop.yaml:48:30 | 640 MiB | 2.5 times | 256 MiB
    """,
    "S6/bad/compose": """
        MEM802 warning start.sh:2:37
    """,
    "S6/bad/docker": """
        MEM213 error run.sh:4:75 | 8u181 | 1 GiB | 25 % | 8u372
        MEM801 warning start.sh:2:13
    """,
    "S6/bad/kubernetes": """
        MEM803 warning alerts.yaml:10:17
        MEM202 warning mail.yaml:18:30 | 2162 MiB | 2129 MiB | 33 MiB | 1 GiB
        MEM213 warning mail.yaml:18:30 | 2 GiB | 1 GiB
    """,
    "S6b/bad/compose": """
        MEM604 warning compose.yaml:6:28 | 3 GiB | 1 GiB | 4 GiB
        MEM202 warning compose.yaml:7:16 | 4123 MiB | 3025 MiB | 768 MiB | 195 MiB | 70 MiB
        MEM502 info compose.yaml:7:16 | 4 GiB
        MEM604 warning compose.yaml:10:41 | 2 GiB | 50 % | 4 GiB
        MEM502 info compose.yaml:12:16 | 4 GiB
    """,
    "S6b/bad/docker": """
        MEM202 warning run.sh:2:57 | 4123 MiB | 3025 MiB | 768 MiB | 195 MiB | 70 MiB
        MEM502 info run.sh:2:57 | 4 GiB
        MEM604 warning run.sh:2:93 | 3 GiB | 1 GiB | 4 GiB
        MEM203 info run.sh:3:54 | 3270 MiB | 4 GiB | 3 GiB
        MEM502 info run.sh:3:54 | 4 GiB
        MEM604 info run.sh:3:60 | 3 GiB | 1 GiB | 4 GiB
    """,
    "S6b/bad/kubernetes": """
        MEM604 warning search.yaml:18:50 | 3 GiB | 1 GiB | 4 GiB
        MEM202 warning search.yaml:21:30 | 4061 MiB | 2969 MiB | 768 MiB | 195 MiB | 70 MiB
        MEM803 warning search.yaml:32:17
    """,
    "S6b/good/compose": """
        MEM203 info compose.yaml:7:16 | 2859 MiB | 4 GiB
    """,
    "S6b/good/docker": """
        MEM203 info run.sh:2:57 | 2859 MiB | 4 GiB
        MEM203 info run.sh:3:54 | 1242 MiB | 4 GiB
    """,
    "S6b/good/kubernetes": """
        MEM203 info search.yaml:21:30 | 2812 MiB | 4 GiB
    """,
    "S7/bad/compose": """
        MEM202 warning compose.yaml:8:16 | 7952 MiB | 5299 MiB | 2649 MiB | 4 MiB | 6 GiB
        MEM603 warning compose.yaml:12:39 | 700 MiB
        MEM601 error redis.conf:3:11 | 5303 MiB | 7954 MiB | 10.4 GiB | 6 GiB | 840 MiB
        MEM603 info redis.conf:3:11 | 5 GiB
    """,
    "S7/bad/docker": """
        MEM202 warning run.sh:2:56 | 7952 MiB | 5299 MiB | 2649 MiB | 4 MiB | 6 GiB
        MEM601 error run.sh:2:127 | 5303 MiB | 7954 MiB | 10.4 GiB | 6 GiB | 840 MiB
        MEM203 info run.sh:3:61 | 4 MiB | 1 GiB
        MEM602 warning run.sh:3:81 | 1 GiB
    """,
    "S7/bad/kubernetes": """
        MEM601 error redis.yaml:8:15 | 5303 MiB | 7954 MiB | 10.4 GiB | 6 GiB | 840 MiB
        MEM202 warning redis.yaml:31:30 | 7952 MiB | 5299 MiB | 2649 MiB | 4 MiB | 6 GiB
    """,
    "S7b/bad/compose": """
        MEM601 error compose.yaml:4:39 | 6894 MiB | 30 % | 6 GiB | 840 MiB | 10.5 GiB
        MEM201 error compose.yaml:6:16 | 6657 MiB | 5 GiB | 1536 MiB | 1 MiB | 6 GiB
    """,
    "S7b/bad/docker": """
        MEM702 info run.sh:2:38 | 6657 MiB | 6 GiB | 'unless-stopped'
        MEM201 error run.sh:2:56 | 6657 MiB | 5 GiB | 1536 MiB | 1 MiB | 6 GiB
        MEM601 error run.sh:2:126 | 6894 MiB | 30 % | 6 GiB | 840 MiB | 10.5 GiB
    """,
    "S7b/bad/kubernetes": """
        MEM601 error redis.yaml:16:33 | 6894 MiB | 30 % | 6 GiB | 840 MiB | 10.5 GiB
        MEM201 error redis.yaml:19:30 | 6657 MiB | 5 GiB | 1536 MiB | 1 MiB | 6 GiB
    """,
    "S8/bad/compose": """
        MEM407 info compose.yaml:4:33 | 8 workers
        MEM507 info compose.yaml:4:33 | 8 workers | 4 workers | 58 MiB | 128 MiB
        MEM701 warning compose.yaml:4:33 | 10 MiB | 39 MiB | 3 h | 1 GiB
        MEM202 warning compose.yaml:5:16 | 985 MiB | 968 MiB | 17 MiB | 1 GiB | 5 %
    """,
    "S8/bad/docker": """
        MEM407 info run.sh:2:100 | 4 workers
        MEM507 info run.sh:2:100 | 4 workers | 58 MiB | 128 MiB
        MEM701 warning run.sh:2:100 | 10 MiB | 523 MiB | 52 h | 1 GiB
    """,
    "S8/bad/kubernetes": """
        MEM507 info web.yaml:15:43 | 4 workers | 58 MiB | 128 MiB
        MEM701 warning web.yaml:15:43 | 10 MiB | 523 MiB | 52 h | 1 GiB
    """,
    "S8b/bad/compose": """
        MEM407 info compose.yaml:4:52 | 4 workers
        MEM701 warning compose.yaml:4:52 | 10 MiB | 629 MiB | 62 h | 1 GiB
        MEM701 warning compose.yaml:11:16 | 10 MiB | 426 MiB | 597 MiB | 1 GiB | 42 h
        MEM263 warning compose.yaml:16:37 | 25 threads | 32 threads | 1324 MiB | 343 MiB | 1 GiB
        MEM203 info compose.yaml:17:16 | 200 MiB | 1 GiB
    """,
    "S8b/bad/docker": """
        MEM407 info run.sh:2:127 | 4 workers
        MEM701 warning run.sh:2:127 | 10 MiB | 629 MiB | 62 h | 1 GiB
        MEM701 warning run.sh:3:54 | 10 MiB | 426 MiB | 597 MiB | 1 GiB | 42 h
        MEM203 info run.sh:4:55 | 200 MiB | 1 GiB
        MEM263 warning run.sh:4:107 | 25 threads | 32 threads | 1324 MiB | 343 MiB | 1 GiB
    """,
    "S8b/bad/kubernetes": """
        MEM701 warning api.yaml:18:30 | 10 MiB | 426 MiB | 597 MiB | 1 GiB | 42 h
    """,
    "S8b/good/compose": """
        MEM407 info compose.yaml:4:52 | 4 workers
        MEM203 info compose.yaml:12:16 | 958 MiB | 1 GiB | 1062 MiB | 80 MiB
        MEM203 info compose.yaml:20:16 | 200 MiB | 1 GiB
        MEM407 info ecosystem.config.json:3:103 | 2 workers
    """,
    "S8b/good/docker": """
        MEM407 info run.sh:2:127 | 4 workers
        MEM203 info run.sh:3:55 | 200 MiB | 1 GiB
    """,
    "join/bad/compose": """
        MEM201 error compose.yaml:4:16 | 1088 MiB | 952 MiB | 100 MiB | 16 MiB | 15 MiB
        MEM702 info compose.yaml:6:14 | 1088 MiB | 1 GiB | 'unless-stopped'
    """,
    "join/bad/docker": """
        MEM702 info run.sh:2:36 | 1088 MiB | 1 GiB | 'unless-stopped'
        MEM201 error run.sh:2:54 | 1088 MiB | 952 MiB | 100 MiB | 16 MiB | 15 MiB
    """,
    "join/bad/helm": """
        MEM201 warning values.yaml:7:13 | 1088 MiB | 952 MiB | 100 MiB | 16 MiB | 15 MiB
    """,
    "join/bad/kubernetes": """
        MEM201 error api.yaml:17:30 | 1088 MiB | 952 MiB | 100 MiB | 16 MiB | 15 MiB
    """,
    "join/bad/kustomize": """
        MEM201 error live/limits.yaml:12:30 | 1088 MiB | 952 MiB | 100 MiB | 16 MiB | 15 MiB
    """,
}


NAMES = sorted(scenario.name for scenario in SCENARIOS.iterdir() if scenario.is_dir())


def head(scenario: str, key: str) -> list[str]:
    """Return the words behind `Rules:` or `Options:` in the story of a scenario."""
    text = (SCENARIOS / scenario / "scenario.md").read_text()
    return [word for line in re.findall(rf"^{key}: (.*)$", text, re.MULTILINE) for word in line.split()]


def forms(kind: str) -> list[str]:
    found = (form for scenario in SCENARIOS.iterdir() if scenario.is_dir() for form in (scenario / kind).iterdir())
    return sorted("/".join(form.relative_to(SCENARIOS).parts) for form in found if form.is_dir() and form.name != "image")


def run(verb: str, form: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> Answer:
    scenario, kind, name = form.split("/")
    if name == "kustomize" and not (which("kubectl") or which("kustomize")):
        pytest.skip("neither kubectl nor kustomize is here to render the overlay")
    monkeypatch.chdir(SCENARIOS / scenario / kind)
    options = [*OPTIONS.get(form, ()), *(head(scenario, "Options") if (verb, kind) == ("check", "bad") else ())]
    return run_memlint(verb, "--output", "json", *options, *more, name)


def lines(form: str) -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in EXPECTED.get(form, "").strip().split("\n") if line.strip()]


def told(finding: dict[str, Any], form: str) -> str:
    path = finding["path"].removeprefix(form.split("/")[2] + "/")
    return f"{finding['rule']} {finding['severity']} {path}:{finding['line']}:{finding['column']}"


@pytest.mark.parametrize("form", forms("bad") + forms("good"))
def test_exactly_these_findings(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run("check", form, monkeypatch)
    assert answer.json["problems"] == []
    assert [told(finding, form) for finding in answer.findings] == [line[0] for line in lines(form)]
    for finding, (_, *numbers) in zip(answer.findings, lines(form), strict=True):
        position = 0
        for number in numbers:
            position = finding["message"].find(number, position)
            assert position >= 0, f"{number!r} is not told, or not in this order: {finding['message']}"
    worst = {finding["severity"] for finding in answer.findings}
    assert answer.status == (1 if worst & {"error", "warning"} else 0)


def test_no_expectation_without_its_input() -> None:
    assert set(EXPECTED) <= set(forms("bad") + forms("good"))


@pytest.mark.parametrize("scenario", NAMES)
def test_what_a_scenario_is_about_fires_and_is_mended(scenario: str) -> None:
    """The rules that its story names all fire on the bad input, and none above information on the mended one."""
    about = set(head(scenario, "Rules"))
    assert about
    bad = {line[0].split()[0] for form in forms("bad") if form.startswith(f"{scenario}/") for line in lines(form)}
    assert about <= bad
    good = [line[0] for form in forms("good") if form.startswith(f"{scenario}/") for line in lines(form)]
    assert [line for line in good if " info " not in line] == []
    assert {line.split()[0] for line in good} & about <= {"MEM407"}, "only that workers are watched stays a word"


@pytest.mark.parametrize("scenario", NAMES)
def test_every_form_is_mended(scenario: str) -> None:
    """Each form of a bad input has a good one beside it, but for what was only tried on the way."""
    bad, good = ({form.split("/")[2] for form in forms(kind) if form.startswith(f"{scenario}/")} for kind in ("bad", "good"))
    assert bad - {"raised"} == good


def bill(form: str, monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, Any]:
    containers = run("budget", form, monkeypatch).json["containers"]
    (found,) = [container for container in containers if container["container"] == name and container["kind"] != "image"]
    return dict(found)


def test_s1_the_bill_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1024 MiB the heap is half; 50 threads, 150 MiB of metaspace and 200 MiB of direct buffers are most of the rest."""
    expected = {"heap": 495, "GC": 2, "metaspace": 150, "code cache": 32, "threads": 4, "direct": 200, "native": 33}
    for form in ("docker", "compose", "kubernetes"):
        found = bill(f"S1/bad/{form}", monkeypatch, "orders")
        assert {part["name"]: round(part["expected"] / MIB) for part in found["parts"]} == expected
        assert found["verdict"] == "tight"
        assert round(found["headroom"] / MIB) == 109
        high = {part["name"]: part["high"] for part in found["parts"]}
        assert high["heap"] == 512 * MIB
        assert high["direct"] == 512 * MIB, "direct memory may grow as large as the heap"
        assert high["metaspace"] is None, "nothing bounds metaspace"
        places = {part["name"]: part["path"] for part in found["parts"]}
        assert places["metaspace"] == places["direct"] == places["threads"] == ".memlint.yaml"
        assert (
            places["heap"]
            == {
                "docker": "docker/Dockerfile",
                "compose": "compose/Dockerfile",
                "kubernetes": "kubernetes/orders.yaml",
            }[form]
        )
        good = bill(f"S1/good/{form}", monkeypatch, "orders")
        assert good["verdict"] == "fits"
        assert good["high"] <= good["limit"]["bytes"]


def test_s1b_the_heap_counts_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    found = bill("S1b/bad/docker", monkeypatch, "billing")
    assert found["verdict"] == "over"
    assert found["parts"][0]["high"] == 1024 * MIB
    touched = bill("S1b/bad/compose", monkeypatch, "billing-touched")
    assert touched["parts"][0]["low"] == 1024 * MIB, "AlwaysPreTouch has written every page"


def test_s2b_each_pool_is_a_part_of_its_own_and_the_fix_is_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bill("S2b/bad/docker", monkeypatch, "db")["parts"][0]["name"] == "buffer pool"
    assert bill("S2b/bad/compose", monkeypatch, "db")["parts"][0]["name"] == "shared buffers"
    fixes = {}
    for form in ("docker", "compose", "kubernetes"):
        for finding in run("check", f"S2b/bad/{form}", monkeypatch).findings:
            if finding["fix"] is not None:
                fixes[form, finding["rule"]] = [edit["text"] for edit in finding["fix"]["edits"]]
    assert fixes["docker", "MEM606"] == ["1024M"]  # half of 2 GiB
    assert fixes["compose", "MEM606"] == ["512MB"]  # a quarter
    assert fixes["kubernetes", "MEM217"] == ['"-XX:MaxRAMPercentage=75.0"']


def test_s7_the_arithmetic_of_copy_on_write(monkeypatch: pytest.MonkeyPatch) -> None:
    for form in ("docker", "compose", "kubernetes"):
        found = bill(f"S7/bad/{form}", monkeypatch, "redis")
        copy = next(part for part in found["parts"] if part["name"] == "snapshot copy-on-write")
        data = next(part for part in found["parts"] if part["name"] == "data set")
        assert copy["low"] == 0, "when nobody writes a save costs nothing"
        assert copy["expected"] * 2 == pytest.approx(data["expected"], rel=0.01)
        assert copy["high"] == data["high"], "up to all of the data"
        assert found["high"] >= 2 * 5 * 1024 * MIB
        known = bill(f"S7b/bad/{form}", monkeypatch, "redis")
        share = next(part for part in known["parts"] if part["name"] == "snapshot copy-on-write")
        assert share["expected"] == pytest.approx(0.3 * data["expected"], rel=0.01)
        assert share["path"] == ".memlint.yaml"
    without = bill("S7/bad/compose", monkeypatch, "page-cache")
    assert all(part["high"] == 0 for part in without["parts"] if part["name"] == "snapshot copy-on-write"), "no fork, no headroom"


def test_s8_workers_times_memory_and_the_time_to_the_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    found = bill("S8/bad/docker", monkeypatch, "web")
    assert found["parts"][0]["low"] == 4 * 120 * MIB
    assert found["hours_to_kill"] == 52, "two days"
    assert bill("S8/bad/compose", monkeypatch, "web")["hours_to_kill"] == 3
    for form in ("docker", "compose", "kubernetes"):
        containers = run("budget", f"S8/good/{form}", monkeypatch).json["containers"]
        assert [container["hours_to_kill"] for container in containers] == [None] * len(containers)


def test_s8b_the_time_to_the_kill_for_any_program(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = {
        container["container"]: container["hours_to_kill"] for container in run("budget", "S8b/bad/compose", monkeypatch).json["containers"]
    }
    assert hours == {"thumbs": 62, "api": 42, "jobs": None}
    good = {
        container["container"]: container["hours_to_kill"]
        for container in run("budget", "S8b/good/compose", monkeypatch).json["containers"]
    }
    assert good == {"thumbs": None, "api": None, "jobs": None}


@pytest.mark.parametrize(
    ("form", "heap", "limit"),
    [
        ("docker", "image/Dockerfile:4", "docker/run.sh:2"),
        ("compose", "image/Dockerfile:4", "compose/compose.yaml:4"),
        ("kubernetes", "image/Dockerfile:4", "kubernetes/api.yaml:17"),
        ("kustomize", "image/Dockerfile:4", "kustomize/live/limits.yaml:12"),
        ("helm", "helm/values.yaml:2", "helm/values.yaml:7"),
    ],
)
def test_the_same_answer_from_every_join(form: str, heap: str, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One program in five forms: one bill, and every number traced to the place where it was written."""
    (found,) = [one for one in run("budget", f"join/bad/{form}", monkeypatch).json["containers"] if one["kind"] != "image"]
    assert found["verdict"] == "over"
    assert human(found["low"]) == "1088 MiB"
    first = found["parts"][0]
    assert f"{first['path']}:{first['line']}" == heap
    assert f"{found['limit']['path']}:{found['limit']['line']}" == limit
