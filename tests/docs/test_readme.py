"""What the pages show works: examples run, commands parse, links lead somewhere, numbers are the code's."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import typer

from kotovec.cli.app import app
from kotovec.engines.cpu.chunk import CHUNK, TILE, padded
from kotovec.engines.cpu.claims import MOST_STEPS
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.plan import SLICE, SLICES
from kotovec.engines.cpu.scales import LIMIT
from kotovec.engines.cpu.settling import ROUND
from kotovec.models import CBOW, SkipGram
from kotovec.vectors import WordVectors

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
PAGES = [
    *READMES,
    "docs/evaluation.md",
    "docs/performance.md",
    "docs/one-update-four-speeds.md",
    "docs/counting-or-predicting.md",
    "docs/decisions/README.md",
] + [str(page.relative_to(ROOT)) for page in DECISIONS]
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}

FENCED = re.compile(r"(?:^<!-- not run:(.*?)-->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = {"console", "sh"}
COMMANDS = typer.main.get_command(app).commands

ENGLISH = """the king and the queen rule the land
a man and a woman walk to the old town
king and man are words and queen and woman are words
the python thread is red and a reader can read what a writer can write"""
JAPANESE = """東京は日本の町で、王と女王が住む。
男は王を見る。女は女王を見る。
王は男、女王は女である。"""


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Return (reason not to run it or "", language, content) of every fenced block."""
    return [(reason.strip(), language, code) for reason, language, code in FENCED.findall(TEXTS[page])]


def runnable(*languages: str):
    """Return every block of the two READMEs that is to run, named by page and number."""
    return [
        pytest.param(code, id=f"{page}-{number}")
        for page in READMES
        for number, (reason, language, code) in enumerate(blocks(page))
        if language in languages and not reason
        # tests/layers/test_readme_ja.py runs those and reads what they print.
        if not (page == "README.ja.md" and "kotovec.layers" in code)
    ]


def shell_lines(language: str, code: str) -> list[str]:
    """Return the commands of a block: after the prompt in a console, every line in sh."""
    if language == "console":
        return [line.removeprefix("$ ") for line in code.splitlines() if line.startswith("$ ")]
    return code.splitlines()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the files that the examples take for granted."""
    (tmp_path / "wiki.txt").write_text(f"{ENGLISH}\n" * 20, encoding="utf-8")
    with pa.output_stream(str(tmp_path / "wiki.txt.zst")) as stream:
        stream.write(f"{JAPANESE}\n".encode() * 20)
    words = sorted({*ENGLISH.split(), "東京", "王", "男", "女王"})
    vectors = WordVectors(words, np.random.default_rng(1).standard_normal((len(words), 8)))
    for name in ("wiki.safetensors", "demo.safetensors", "wiki.bin.gz"):
        vectors.save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("code", runnable("python"))
def test_every_python_example_runs_and_prints_what_it_says(folder, code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README", "exec"), {})
    promised = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("#")]
    assert printed.getvalue().splitlines() == promised


@pytest.mark.skipif(os.name == "nt", reason="the examples are written for a Unix shell")
@pytest.mark.parametrize("code", runnable("console", "sh"))
def test_every_shell_example_runs(folder, code):
    language = "console" if code.startswith("$ ") else "sh"
    # What make does takes minutes; that its targets exist is a test of its own.
    lines = [line for line in shell_lines(language, code) if not line.startswith("make ")]
    define = f'kotovec() {{ {shlex.quote(sys.executable)} -m kotovec "$@"; }}'
    script = "\n".join(["set -e", define, *lines])
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{script}\n{done.stderr}"


def test_examples_are_found_on_both_pages():
    assert len(runnable("python")) >= 4
    assert len(runnable("console")) >= 4
    assert len(runnable("sh")) >= 2


@pytest.mark.parametrize("page", READMES)
def test_every_fenced_block_is_in_a_language_that_is_checked_or_is_plain_text(page):
    assert {language for _, language, _ in blocks(page)} <= {"python", "text", *SHELL}


def test_an_example_that_does_not_run_says_why():
    markers = [line for page in READMES for line in re.findall(r"<!-- not run.*", TEXTS[page])]
    reasons = [reason for page in READMES for reason, _, _ in blocks(page) if reason]
    assert len(markers) == len(reasons)
    assert all(len(reason.split()) > 3 for reason in reasons)


def commands_in(page: str) -> list[str]:
    """Return every `kotovec ...` of a page: lines of its blocks, and code inside sentences."""
    shown = [
        line.rpartition("| ")[2].partition(" #")[0]
        for _, language, code in blocks(page)
        if language in SHELL
        for line in shell_lines(language, code)
    ]
    shown += re.findall(r"`([^`\n]+)`", FENCED.sub("", TEXTS[page]))
    return [line for line in shown if line.startswith("kotovec ") and "COMMAND" not in line]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shown_is_one_that_kotovec_would_take(page):
    for line in commands_in(page):
        _, name, *arguments = shlex.split(line)
        if name == "--help":
            continue
        assert name in COMMANDS, line
        if arguments:  # a command that a sentence merely names has none
            COMMANDS[name].make_context(name, arguments)


def test_commands_are_found():
    assert len(commands_in("README.md")) >= 10
    assert len(commands_in("README.ja.md")) >= 3


@pytest.mark.parametrize("page", PAGES)
def test_every_option_named_in_a_sentence_exists(page):
    known = {
        flag for command in COMMANDS.values() for p in command.params for flag in (*p.opts, *p.secondary_opts)
    }
    scripts = [script.read_text("utf-8") for script in (ROOT / "benchmarks").glob("*.py")]
    known |= {"--help", *(flag for text in scripts for flag in re.findall(r'"(--[\w-]+)"', text))}
    named = [
        flag for code in re.findall(r"`([^`\n]+)`", TEXTS[page]) for flag in re.findall(r"--[a-z-]+", code)
    ]
    assert [flag for flag in named if flag not in known] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_named_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^ {4}|`)make ([a-z]+)\b", TEXTS[page], re.MULTILINE)
    for _, language, code in blocks(page):
        if language in SHELL:
            named += re.findall(r"^(?:\$ )?make ([a-z]+)\b", code, re.MULTILINE)
    assert [name for name in named if name not in targets] == []


def heading_anchors(text: str) -> set[str]:
    """Return the anchors that a page's headings have on GitHub."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.ja.md"])
def test_links_lead_to_files_and_headings(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", TEXTS[page]):
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        if anchor:
            assert anchor in heading_anchors(path.read_text("utf-8")), f"{target}#{anchor}"


def test_every_decision_is_in_the_list_and_has_its_three_parts():
    assert DECISIONS
    listed = re.findall(r"\]\((0[^)]+)\)", TEXTS["docs/decisions/README.md"])
    assert listed == [page.name for page in DECISIONS]
    for page in DECISIONS:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {page.name[:4]}: ")
        parts = [r"\*\*Questions?\.\*\*", r"[Mm]easured", r"\*\*Chosen\.\*\*"]
        assert [part for part in parts if not re.search(part, text)] == []


def test_the_measured_comparison_has_one_place():
    assert TEXTS["README.md"].count("<!-- measured:begin -->") == 1
    assert TEXTS["README.md"].count("<!-- measured:end -->") == 1


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", f"**At most {ROUND} workers at a time**"),
        ("README.md", f"Up to {CHUNK} neighbouring centres"),
        ("docs/decisions/0001-rounds.md", f"A round is {ROUND} chunks of {CHUNK} tokens."),
        ("docs/decisions/0001-rounds.md", f"slices of up to {SLICE:,} tokens, and {SLICES} slices"),
        (
            "docs/decisions/0003-small-steps-for-frequent-words.md",
            f"Both: {LIMIT} on the expected steps and {MOST_STEPS:g} on the real ones.",
        ),
        ("docs/decisions/0004-cbow.md", f'`representation="{CBOW().representation}"`'),
        ("docs/performance.md", f"| T | {CHUNK}, the centres in a chunk |"),
        ("docs/performance.md", f"| D | H rounded up to a multiple of {LANES}:"),
    ],
)
def test_the_pages_give_the_numbers_that_the_code_has(page, sentence):
    assert sentence in " ".join(TEXTS[page].split())


def test_the_arithmetic_adds_up():
    model = SkipGram()
    h, w, k, m = model.vector_size, model.window, model.negative, model.shared_negatives
    d, b = padded(h, LANES), padded(TILE + 2 * w, LANES)
    skipgram = 2 * d * (b + padded(m, LANES) + 2 * (TILE + 2 * w) + m + padded(m, TILE))
    of_cbow = CBOW().shared_negatives
    cbow = d * (6 * padded(of_cbow, LANES) + 14 + 4 * w / CHUNK)
    adding = [2 * d * (2 * CHUNK + 2 * w + number) / CHUNK for number in (m, of_cbow)]
    by_pairs = 6 * h * (k + 1) * (w + 1), 6 * h * (k + 1) + 2 * h * (w + 1)
    for row in (
        f"| computing | {skipgram:,} | {cbow:,.0f} |",
        f"| adding | {adding[0]:,.0f} | {adding[1]:,.0f} |",
        f"| {by_pairs[0]:,} | {by_pairs[1]:,} |",
    ):
        assert row in TEXTS["docs/performance.md"]
