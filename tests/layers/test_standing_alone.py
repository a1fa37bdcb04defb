import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kotovec.layers

FOLDER = Path(kotovec.layers.__file__).parent

PROGRAM = """
import sys, numpy.random
before = set(sys.modules)
from copied_away import CBOW, Adam, Trainer, create_contexts_target, preprocess
from copied_away import canonical_svd, create_co_matrix, ppmi
corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
canonical_svd(ppmi(create_co_matrix(corpus, 7)))
contexts, target = create_contexts_target(corpus)
model = CBOW(7, 5, 1, corpus)
Trainer(model, Adam()).fit(contexts, target, max_epoch=2, batch_size=3)
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(model.word_vecs.shape, "and beside NumPy:", sorted(new - sys.stdlib_module_names - {"numpy"}))
"""


def test_the_folder_runs_when_copied_away_under_another_name(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "copied_away", ignore=shutil.ignore_patterns("__pycache__"))
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout == "(7, 5) and beside NumPy: ['copied_away']\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_only_numpy_and_the_standard_library_are_imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, "an import from outside the folder"
            modules = [] if node.level == 1 else [node.module]
        else:
            continue
        allowed = {"numpy", *sys.stdlib_module_names} | (
            {"matplotlib"} if path.name == "trainer.py" else set()
        )
        assert {module.partition(".")[0] for module in modules} <= allowed
