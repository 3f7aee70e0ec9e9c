"""The page in a real headless Chromium: searched, read without scripts, attacked, narrow and dark."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import browser
from browser import Page
from conftest import Answer

pytestmark = pytest.mark.skipif(browser.CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")

SHOP = {
    "compose.yaml": "services:\n"
    "  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar app.jar\n    mem_limit: 512m\n    memswap_limit: 512m\n"
    "  cache:\n    image: redis:7\n    command: redis-server --maxmemory 900mb --appendonly yes\n    mem_limit: 1g\n    environment:\n"
    "      REDIS_PASSWORD: hunter2-and-more\n"
    "  web:\n    image: node:22-slim\n    command: node --max-old-space-size=256 server.js\n    mem_limit: 1g\n    memswap_limit: 1g\n",
    "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: job}\nspec:\n  containers:\n  - name: job\n    image: x\n"
    "    resources: {limits: {memory: 512m}}  # memlint: ignore[MEM002] a test\n",
}
ATTACK = '"><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'"><a href="javascript:1">'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser.page(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def shop(memlint: Callable[..., Answer], tmp_path: Path) -> Path:
    memlint("check", ".", "--host-memory", "2GiB", "--output", "html=report.html", files=SHOP)
    return tmp_path / "report.html"


def visible(page: Page, selector: str = "[data-card]") -> list[str]:
    """The first words of the cards that are seen."""
    found: list[str] = page.run(
        f"[...document.querySelectorAll({selector!r})].filter(c=>c.getClientRects().length).map(c=>c.querySelector('.rule,b').textContent)"
    )
    return found


def test_it_opens_without_a_complaint_and_asks_nothing_of_the_network(page: Page, shop: Path) -> None:
    page.complaints.clear()
    page.open(shop)
    assert page.run("document.title") == "memlint"
    assert "MEM201 over-limit" in visible(page)
    assert {"api", "cache", "web"} <= set(visible(page))
    assert page.complaints == []


def test_the_search_narrows_findings_and_bills_and_gives_them_back(page: Page, shop: Path) -> None:
    page.open(shop)
    everything = visible(page)
    page.type("#q", "CACHE snapshot")
    assert visible(page) == ["MEM601 snapshot-headroom", "MEM202 likely-over-limit", "cache"]
    assert re.fullmatch(rf"3 of {len(everything)} shown", page.run("document.getElementById('shown').textContent"))
    page.type("#q", "nothing like it")
    assert visible(page) == []
    page.type("#q", "")
    assert visible(page) == everything


def test_the_severity_narrows_the_findings_alone(page: Page, shop: Path) -> None:
    page.open(shop)
    page.run("(()=>{const s=document.getElementById('s');s.value='error';s.dispatchEvent(new Event('change'))})()")
    assert visible(page) == ["MEM201 over-limit", "MEM601 snapshot-headroom", "api", "cache", "web"]


def test_a_rule_leads_to_its_manual(page: Page, shop: Path) -> None:
    page.open(shop)
    assert not page.run("document.getElementById('rule-MEM201').closest('details').open")
    page.click('a[href="#rule-MEM201"]')
    assert page.run("document.getElementById('rule-MEM201').closest('details').open")


def test_without_scripts_everything_is_there_to_read(page: Page, shop: Path) -> None:
    page.open(shop, scripts=False)
    assert "MEM201 over-limit" in visible(page)
    assert page.run("document.querySelector('.tools').getClientRects().length") == 0, "no search that does nothing"
    assert "a test" in page.run("document.body.textContent")
    page.click("details.card summary")
    assert page.run("document.querySelector('details.card').open")


def test_a_finding_shows_its_line_with_the_place_marked(page: Page, shop: Path) -> None:
    page.open(shop)
    assert page.run("document.querySelector('.card .hit u').textContent") == "512m"
    assert page.run("document.querySelector('.card li pre u').textContent") == "-Xmx512m"


def test_bars_show_parts_limit_and_what_is_too_much(page: Page, shop: Path) -> None:
    page.open(shop)
    boxes = page.run(
        "(()=>{const b=document.querySelector('.bar'),w=b.getBoundingClientRect();const at=s=>{const r=b.querySelector(s).getBoundingClientRect();"
        "return [r.left-w.left,r.right-w.left]};return {width:w.width,heap:at('.p0'),limit:at('.limit'),over:at('.over')}})()"
    )
    assert boxes["heap"][0] == 0
    assert boxes["heap"][1] <= boxes["limit"][1] + 1, "the heap of 512 MiB ends at the limit of 512 MiB"
    assert boxes["over"][0] == pytest.approx(boxes["limit"][1], abs=1)
    assert boxes["over"][1] == pytest.approx(boxes["width"], abs=1)


@pytest.mark.parametrize("width", [320, 400, 768, 1200])
def test_nothing_sticks_out(page: Page, shop: Path, width: int) -> None:
    page.open(shop, width=width)
    page.run("document.querySelectorAll('details').forEach(d=>d.open=true)")
    assert page.run("document.documentElement.scrollWidth") <= width
    wide = page.run(
        "[...document.querySelectorAll('.card *')].filter(e=>!e.closest('pre')&&e.getClientRects().length)"
        ".filter(e=>e.getBoundingClientRect().right>e.closest('.card').getBoundingClientRect().right+1).map(e=>e.outerHTML.slice(0,80))"
    )
    assert wide == []


@pytest.mark.parametrize("dark", [False, True])
def test_texts_stand_out_from_what_is_behind_them(page: Page, shop: Path, dark: bool) -> None:
    page.open(shop, dark=dark)
    low = page.run(
        """(()=>{const rgb=c=>c.match(/[\\d.]+/g).map(Number),lum=c=>{const v=c.slice(0,3).map(x=>{x/=255;return x<=.03928?x/12.92:((x+.055)/1.055)**2.4});
        return .2126*v[0]+.7152*v[1]+.0722*v[2]},behind=e=>{for(;e;e=e.parentElement){const c=rgb(getComputedStyle(e).backgroundColor);if(c.length<4||c[3]>0)return c}
        return [255,255,255]};const bad=[];for(const e of document.querySelectorAll('main *')){if(![...e.childNodes].some(n=>n.nodeType===3&&n.data.trim()))continue;
        if(!e.getClientRects().length||e.closest('.bar'))continue;const a=lum(rgb(getComputedStyle(e).color)),b=lum(behind(e));
        const ratio=(Math.max(a,b)+.05)/(Math.min(a,b)+.05);if(ratio<4.5)bad.push(e.tagName+' '+e.className+' '+ratio.toFixed(2)+' '+e.textContent.slice(0,30))}return bad})()"""
    )
    assert low == []
    assert page.run("getComputedStyle(document.body).backgroundColor") == ("rgb(20, 23, 26)" if dark else "rgb(247, 247, 245)")


def test_a_picture_can_be_taken(page: Page, shop: Path) -> None:
    page.open(shop)
    assert page.picture(whole=True).startswith(b"\x89PNG")


def test_names_that_are_markup_stay_names(page: Page, memlint: Callable[..., Answer], tmp_path: Path) -> None:
    page.complaints.clear()
    hostile = ATTACK.replace("'", "''")
    memlint(
        "check", ".", "--output", "html=report.html", files={
            "k8s.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{name: '{hostile}'}}\nspec:\n  containers:\n  - name: '{hostile}'\n    image: '{hostile}'\n"
            f"    command: [java, -Xmx1g, -jar, '{hostile}']\n    resources: {{limits: {{memory: 512m}}}} # {ATTACK}\n",
        },
    )  # fmt: skip
    page.open(tmp_path / "report.html")
    assert page.run("document.title") == "memlint"
    assert page.run("document.querySelectorAll('img,main script,a[href^=\"javascript\"]').length") == 0
    assert ATTACK in page.run("document.body.textContent")
    assert page.complaints == []


def test_even_a_script_that_got_in_does_not_run(page: Page, shop: Path, tmp_path: Path) -> None:
    page.complaints.clear()
    broken = tmp_path / "broken.html"
    broken.write_text(
        shop.read_text().replace(
            "<h1>memlint</h1>", "<h1>memlint</h1><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
        )
    )
    page.open(broken)
    assert page.run("document.title") == "memlint"
    assert any("Content Security Policy" in complaint for complaint in page.complaints)


def test_secrets_stand_in_no_page(page: Page, shop: Path) -> None:
    page.open(shop)
    assert "REDIS_PASSWORD" in shop.read_text(), "its line is shown beside a finding"
    assert "hunter2" not in shop.read_text()


def test_a_page_of_two_thousand_findings_is_searched_in_a_moment(page: Page, memlint: Callable[..., Answer], tmp_path: Path) -> None:
    services = "".join(
        f"  s{n}:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar a.jar\n    mem_limit: 512m\n" for n in range(600)
    )
    memlint("check", ".", "--output", "html=report.html", files={"compose.yaml": f"services:\n{services}"})
    page.open(tmp_path / "report.html")
    assert page.run("document.querySelectorAll('[data-card]').length") > 2000
    page.type("#q", "s599")
    assert {card.split()[-1] for card in visible(page)} >= {"over-limit", "s599"}
    assert len(visible(page)) < 10
