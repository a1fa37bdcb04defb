import ast
import contextlib
import inspect
import io
import re
from pathlib import Path

import pytest

import kotovec.layers

README = (Path(__file__).parents[2] / "README.ja.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
TABLE = re.findall(r"^\| `(\w+)\((.*?)\)` \| [\d.]+ \| 同じ \|", README, flags=re.MULTILINE)


@pytest.mark.parametrize("code", [code for code in BLOCKS if "kotovec.layers" in code])
def test_the_examples_on_layers_print_what_the_page_says(code):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.ja.md", "exec"), {})
    promised = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("#")]
    assert promised
    assert printed.getvalue().splitlines() == promised


def test_all_examples_on_layers_are_found():
    assert sum("kotovec.layers" in code for code in BLOCKS) == 3


@pytest.mark.parametrize("code", BLOCKS)
def test_every_example_is_python(code):
    ast.parse(code)


def test_the_table_names_every_layer_there_is():
    not_in_the_book = {"canonical_svd", "HuffmanTree", "HierarchicalSoftmaxLoss"}
    assert {name for name, _ in TABLE} == set(kotovec.layers.__all__) - {"Evaluation"} - not_in_the_book
    assert [name for name in not_in_the_book if f"`{name}(" not in README] == []


@pytest.mark.parametrize(("name", "arguments"), TABLE)
def test_the_table_gives_the_signature_that_the_code_has(name, arguments):
    signature = inspect.signature(getattr(kotovec.layers, name))
    positional = [p for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
    written = inspect.signature(eval(f"lambda {arguments}: None")).parameters.values()
    assert [(p.name, p.default) for p in written] == [(p.name, p.default) for p in positional]


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_to_files(target):
    assert (Path(__file__).parents[2] / target).exists()
