"""A real headless Chromium, driven over its pipe: no driver, no port, no network."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip


class Page:
    """One tab. Everything that the page writes to the console or refuses by its policy is kept in `complaints`."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._number, self._rest = to, back, 0, b""
        self.complaints: list[str] = []
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session: str | None = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._send(f"{domain}.enable")

    _session = None

    def _send(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _receive(self) -> Any:
        while b"\0" not in self._rest:
            data = os.read(self._back, 1 << 16)
            assert data, "the browser has gone"
            self._rest += data
        line, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(line)
        method, told = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"a dialog: {told['message']}")
        elif method == "Network.requestWillBeSent" and not told["request"]["url"].startswith(("file:", "about:", "data:")):
            self.complaints.append(f"a request: {told['request']['url']}")
        return message

    def open(self, path: Path, width: int = 1200, height: int = 900, dark: bool = False, scripts: bool = True) -> None:
        """Show a file and wait until it is loaded."""
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self._send("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._send("Page.navigate", url=path.as_uri())
        while self._receive().get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """Return what an expression gives in the page."""
        result = self._send("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field as a keyboard does."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus();document.querySelector({json.dumps(selector)}).select()")
        if text:
            self._send("Input.insertText", text=text)
        else:
            for kind in ("keyDown", "keyUp"):
                self._send("Input.dispatchKeyEvent", type=kind, key="Delete", code="Delete", windowsVirtualKeyCode=46)

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of an element."""
        x, y = self.run(
            f"(()=>{{const e=document.querySelector({json.dumps(selector)});e.scrollIntoView({{block:'center'}});"
            "const r=e.getBoundingClientRect();return [r.x+r.width/2,r.y+r.height/2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, selector: str | None = None, whole: bool = False) -> bytes:
        """Return a PNG of what is seen, of one element, or of the whole page."""
        clip = {}
        if selector or whole:
            box = self.run(
                f"(()=>{{const r=document.querySelector({json.dumps(selector or 'html')}).getBoundingClientRect();"
                "return [r.x+scrollX,r.y+scrollY,r.width,r.height]})()"
            )
            clip = {"clip": {**dict(zip(("x", "y", "width", "height"), box, strict=True)), "scale": 1}, "captureBeyondViewport": True}
        return base64.b64decode(self._send("Page.captureScreenshot", format="png", **clip)["data"])


@contextlib.contextmanager
def page(profile: Path) -> Iterator[Page]:
    """Start a browser with a fresh profile below `profile`, and end it."""
    assert CHROMIUM is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()

    # The browser reads from 3 and writes to 4.
    script = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    command = ["bash", "-c", script, CHROMIUM, *_FLAGS, f"--user-data-dir={profile / 'profile'}", "about:blank"]
    with (profile / "browser.log").open("wb") as log:
        process = subprocess.Popen(command, pass_fds=(theirs_in, theirs_out), stdout=log, stderr=log)
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Page(ours_out, ours_in)
    finally:
        os.close(ours_out)
        os.close(ours_in)
        process.terminate()
        process.wait(timeout=30)
