"""What holds for the repository as a whole: its layers, its files, its pages."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# In parts, so that this file passes as well.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "packagist" + ".",
    "proxy.golang" + ".",
]
HOMES = ["/ho" + "me/", "/Us" + "ers/", "C:" + "\\"]
FENCED = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Languages of blocks that somebody would type or run, and of those that only show something.
RUNNABLE = {"sh", "python"}
SHOWN = {"text", "json", "toml", "nginx"}
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_layers_hold() -> None:
    """Who may import whom, as ARCHITECTURE.md draws it."""
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_no_file_names_a_registry_or_a_place_on_a_machine(
    tracked: Callable[..., list[Path]],
) -> None:
    """Where packages come from is its user's to say, and nobody else has our folders."""
    forbidden = re.compile("|".join(map(re.escape, [*REGISTRIES, *HOMES, f"{ROOT}/"])))
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in tracked()
        for number, line in enumerate((ROOT / file).read_text("utf-8", "replace").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert found == []


def test_no_file_is_a_secret_or_a_leftover(tracked: Callable[..., list[Path]]) -> None:
    """No settings with secrets, no databases, no caches, nothing that is executable by mistake."""
    left = re.compile(r"(^|/)\.env$|\.(db|sqlite3?|pyc|log|orig|rej|pem|key)$|__pycache__|egg-info")
    assert [file for file in tracked() if left.search(str(file))] == []
    executable = [file for file in tracked() if (ROOT / file).stat().st_mode & 0o111]
    assert [file for file in executable if not (ROOT / file).read_bytes().startswith(b"#!")] == []


def pages() -> list[str]:
    """Return the pages for users."""
    return ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]


@pytest.mark.parametrize("page", pages())
def test_what_a_page_tells_to_type_is_run_by_a_test(page: str) -> None:
    """A module or a test whose docstring's first line names the page runs the page's blocks."""
    blocks = FENCED.findall((ROOT / page).read_text("utf-8"))
    for language, block in blocks:
        assert language in RUNNABLE | SHOWN | {""}, f"say {RUNNABLE} or {SHOWN}: {block}"
        shown_only = language not in RUNNABLE
        assert not (shown_only and re.search(r"^(\$ |hookwright |make )", block, re.MULTILINE)), (
            f"what is to be typed stands in a block of `sh`, so that it is run: {block}"
        )
    runners = [
        source
        for file in (ROOT / "tests").rglob("test_*.py")
        if re.search(rf'"""[^"\n]*{re.escape(page)}', source := file.read_text("utf-8"))
    ]
    for language in {language for language, _ in blocks} & RUNNABLE:
        assert any(re.search(rf'(```|["\']){language}\b', source) for source in runners), (
            f'{page} has blocks of {language}: write a test that runs them, with """{page}: … """'
        )


@pytest.mark.parametrize("page", [*pages(), "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    """Files, and headings within them."""
    for link in LINK.findall((ROOT / page).read_text("utf-8")):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not heading or heading in headings(target), link


def headings(page: Path) -> set[str]:
    """Return the anchors of a page: "## What you get" -> "what-you-get"."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}
