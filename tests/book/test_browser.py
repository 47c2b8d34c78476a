"""The pages as a browser shows them: formulas have a size, fractions a numerator above, pictures pixels."""

import html
import json
import os
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium")
REQUIRED = os.environ.get("POLYWICK_BROWSER") == "required"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1280,2000",
    "--dump-dom",
)
MEASURE = """
<script>
addEventListener("load", () => {
  document.querySelectorAll("details").forEach(one => one.open = true);
  const size = one => { const r = one.getBoundingClientRect(); return [r.width, r.height]; };
  const stacked = one => {
    const [above, below] = [...one.children].map(child => child.getBoundingClientRect());
    return above.bottom <= below.top + 1;
  };
  const all = (name, what) => [...document.querySelectorAll(name)].map(what);
  const found = document.createElement("pre");
  found.id = "measured";
  found.textContent = JSON.stringify({
    formulas: all("math", size), fractions: all("mfrac", stacked), pictures: all("img", one => one.naturalWidth),
    width: document.documentElement.scrollWidth, window: innerWidth,
  });
  document.body.append(found);
});
</script>
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not REQUIRED, reason="no chromium on PATH; install it (apt-get install chromium)"
    ),
]


def measured(page, tmp_path):
    """What a browser measures on a page: a copy beside it, with a script of this test's that looks at it."""
    assert CHROMIUM is not None, "POLYWICK_BROWSER=required, and there is no chromium on PATH"
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    copy = page.with_name("measured.html")
    copy.write_text(text.replace("</body>", MEASURE + "</body>"), encoding="utf-8")
    try:
        finished = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", copy.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    finally:
        copy.unlink()
    (found,) = re.findall(r'<pre id="measured">(.*?)</pre>', finished.stdout, re.DOTALL)
    return json.loads(html.unescape(found))


@pytest.mark.parametrize("name", ["relu", "gelu", "silu"])
def test_formulas_and_pictures_are_rendered(book, tmp_path, name):
    page = measured(book / name / "index.html", tmp_path)
    assert len(page["formulas"]) > 80
    assert all(width > 3 and height > 3 for width, height in page["formulas"])
    assert max(height for _, height in page["formulas"]) > 40  # several lines, not text in one
    assert len(page["fractions"]) > 30
    assert all(page["fractions"])
    assert len(page["pictures"]) == 4
    assert all(width > 200 for width in page["pictures"])
    assert page["width"] <= page["window"]  # long formulas scroll by themselves


def test_the_contents_are_rendered(book, tmp_path):
    page = measured(book / "index.html", tmp_path)
    assert len(page["formulas"]) >= 3
    assert all(width > 3 and height > 3 for width, height in page["formulas"])
    assert len(page["pictures"]) == 3
    assert all(width > 200 for width in page["pictures"])


def test_what_is_not_there_has_no_size(book, tmp_path):
    """The measurement can fail: a picture that is missing and an empty formula are seen."""
    page = book / "gelu" / "broken.html"
    page.write_text("<!DOCTYPE html><body><img src='absent.svg'><math></math></body>", encoding="utf-8")
    found = measured(page, tmp_path)
    page.unlink()
    assert found["pictures"] == [0]
    assert found["formulas"][0][0] == 0
