"""compare(): train several methods on one corpus, one after the other, and measure each in the same way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from kotovec.comparison.child import as_orders
from kotovec.comparison.methods import methods
from kotovec.comparison.results import Comparison, Outcome
from kotovec.comparison.running import run_child
from kotovec.corpus import Corpus
from kotovec.corpus.builtin import is_builtin, open_builtin
from kotovec.corpus.stored import store_corpus
from kotovec.errors import OptionError, TrainingError
from kotovec.evaluation import (
    BUILTIN_SET,
    Question,
    ScoredPair,
    builtin_pairs,
    builtin_questions,
    evaluate_analogies,
    evaluate_similarity,
)
from kotovec.evaluation.given import Pairs, Questions, given_pairs, given_questions
from kotovec.explore.content_words import is_content_word
from kotovec.models import PPMISVD, Model
from kotovec.models.options import check_int
from kotovec.progress import Progress, ProgressCallback, check_progress, reading
from kotovec.shown import shown
from kotovec.training import available_cores
from kotovec.vectors import WordVectors, load

ShowMethod = Callable[[str, Progress], None]
SimilaritySets = Mapping[str, Pairs]
AnalogySets = Mapping[str, Questions]
_Set = TypeVar("_Set")

BUILTIN_WORDS = ("encode", "sunday", "first", "true", "red", "maximum", "http", "thread")
NEIGHBOURS = 5
WORDS = 8
BEFORE = ""
"""What the progress has for a name before the first method: while text is read and kernels are compiled."""

_UNTRAINED_SIZE = 100


def compare(
    corpus: Corpus | None = None,
    models: Mapping[str, Model | None] | None = None,
    *,
    epochs: int | None = None,
    workers: int | None = None,
    seed: int = 1,
    similarity: SimilaritySets | None = None,
    analogies: AnalogySets | None = None,
    words: Sequence[str] | None = None,
    progress: ShowMethod | None = None,
) -> Comparison:
    """Train several models on one corpus and put what they learned side by side.

    Each is trained in a fresh process that opens the encoded corpus, so that none sees the memory of
    another. What has to be compiled is compiled before the first, and counts for none. A model that fails
    is reported as such; the others go on.

    Parameters
    ----------
    corpus
        The text; the documentation of this Python where it is None.
    models
        A name for each model, and None for vectors that nothing has trained, as a baseline; those of
        `kotovec.comparison.methods()` where it is None.
    epochs
        Times through the text; each model's `default_epochs` where it is None. PPMISVD ignores it.
    workers
        Threads; all cores where it is None.
    seed
        Any whole number from 0; the same for all.
    similarity, analogies
        Test sets, as `evaluate_similarity` and `evaluate_analogies` take them, by name; the built-in sets
        for the built-in corpus where both are None.
    words
        Words whose neighbours are looked up; some of the most frequent where it is None.
    progress
        Called with the name of the method and a `Progress`, a few times a second.

    Raises
    ------
    OptionError
        If an option has a value that cannot work, or a test set holds nothing or something else.
    FormatError
        If a test set is a file that cannot be read.
    UnknownWord
        If the corpus does not hold one of `words`.
    CorpusError
        If the built-in corpus is not there.

    Examples
    --------
    >>> import kotovec as kv
    >>> with kv.Corpus.open([["to", "be", "or", "not", "to", "be"]] * 9) as corpus:
    ...     found = kv.compare(corpus, {"noise": None}, words=["be"])
    >>> [(outcome.name, outcome.epochs, list(outcome.neighbours)) for outcome in found.outcomes]
    [('noise', 0, ['be'])]

    """
    if corpus is not None and not isinstance(corpus, Corpus):
        raise OptionError(
            "The 'corpus' parameter of compare must be a Corpus, as Corpus.open returns it, or None. "
            f"Got {shown(corpus)} instead."
        )
    check_progress("compare", progress)
    if isinstance(words, str) or not all(isinstance(word, str) for word in words or ()):
        raise OptionError(
            f"The 'words' parameter of compare must be a list of words. Got {shown(words)} instead."
        )
    chosen = _checked(methods() if models is None else models)
    seed = check_int("compare", "seed", seed, 0, 2**63 - 1)
    if epochs is not None:
        epochs = check_int("compare", "epochs", epochs, 1, 100_000)
    if workers is not None:
        workers = check_int("compare", "workers", workers, 1, 1024)
    with ExitStack() as stack:
        text = stack.enter_context(_open_builtin(progress)) if corpus is None else corpus
        tests = _tests(text, similarity, analogies, words)
        how = {"epochs": epochs, "workers": workers, "seed": seed}
        return Comparison(
            outcomes=tuple(_outcomes(chosen, text, tests, how, progress)),
            tokens=len(text),
            vocabulary_size=len(text.vocabulary),
            corpus_report=text.report,
            workers=workers or available_cores(),
            seed=seed,
            similarity_sets=tuple(tests.pairs),
            analogy_sets=tuple(tests.questions),
            words=tests.words,
        )


@dataclass(frozen=True, kw_only=True)
class _Tests:
    """What every method is asked."""

    pairs: dict[str, list[ScoredPair]]
    questions: dict[str, list[Question]]
    words: tuple[str, ...]


def _checked(models: Mapping[str, Model | None]) -> dict[str, Model | None]:
    """Return the models, all of which are some."""
    if not isinstance(models, Mapping) or not all(isinstance(name, str) for name in models):
        raise OptionError(
            "The 'models' parameter of compare must be a dict of models by name, such as {'cbow': CBOW()}. "
            f"Got {shown(models)} instead."
        )
    if not models:
        raise OptionError("There is no model to compare; pass at least one, such as {'cbow': CBOW()}.")
    for name, model in models.items():
        if model is not None and not isinstance(model, Model):
            raise OptionError(
                f"The model {name!r} must be a SkipGram(...), CBOW(...), GloVe(...), PPMISVD(...) or None. "
                f"Got {model!r} instead."
            )
    return dict(models)


def _open_builtin(progress: ShowMethod | None) -> Corpus:
    return open_builtin(progress=reading(_show(progress, BEFORE)))


def _tests(
    corpus: Corpus,
    similarity: SimilaritySets | None,
    analogies: AnalogySets | None,
    words: Sequence[str] | None,
) -> _Tests:
    """Return what is to be asked: what the caller gave, or what suits the corpus."""
    builtin, vocabulary = is_builtin(corpus), corpus.vocabulary
    if builtin and similarity is None and analogies is None:
        similarity, analogies = {BUILTIN_SET: builtin_pairs()}, {BUILTIN_SET: builtin_questions()}
    if words is not None:
        for word in words:
            vocabulary.id_of(word)
    elif builtin:
        words = [word for word in BUILTIN_WORDS if word in vocabulary]
    else:
        words = list(islice(filter(is_content_word, vocabulary.words), WORDS))
    return _Tests(
        pairs={
            name: given_pairs(pairs, f"similarity[{name!r}]")
            for name, pairs in _by_name("similarity", similarity).items()
        },
        questions={
            name: given_questions(questions, f"analogies[{name!r}]")
            for name, questions in _by_name("analogies", analogies).items()
        },
        words=tuple(dict.fromkeys(words)),
    )


def _by_name(parameter: str, sets: Mapping[str, _Set] | None) -> Mapping[str, _Set]:
    """Return test sets by name, none where None was given."""
    if sets is None:
        return {}
    if not isinstance(sets, Mapping) or not all(isinstance(name, str) for name in sets):
        raise OptionError(
            f"The {parameter!r} parameter of compare must be a dict of test sets by name. "
            f"Got {shown(sets)} instead."
        )
    return sets


def _outcomes(
    models: Mapping[str, Model | None],
    corpus: Corpus,
    tests: _Tests,
    how: Mapping[str, int | None],
    progress: ShowMethod | None,
) -> Iterator[Outcome]:
    """Train and measure one model after the other."""
    sizes = [model.vector_size for model in models.values() if model is not None]
    with tempfile.TemporaryDirectory(prefix="kotovec-", ignore_cleanup_errors=True) as folder:
        store_corpus(corpus, Path(folder))
        able = [as_orders(model) for model in models.values() if model is not None and _fits(model, corpus)]
        _rehearse(able, how["workers"], progress)
        for number, (name, model) in enumerate(models.items()):
            vectors_file = Path(folder) / f"{number}.safetensors"
            orders: dict[str, Any] = {
                **how,
                "corpus": folder,
                "vectors": str(vectors_file),
                "model": None if model is None else as_orders(model),
                "vector_size": max(sizes, default=_UNTRAINED_SIZE),
                "beside": able[:1],
            }
            if isinstance(model, PPMISVD):
                orders["epochs"] = None  # it goes through the text once, whatever the others do
            try:
                figures = run_child(orders, _show(progress, name))
            except TrainingError as problem:
                yield Outcome(name=name, model=model, problem=str(problem))
                continue
            yield _measured(Outcome(name=name, model=model, **figures), load(vectors_file), tests)


def _fits(model: Model, corpus: Corpus) -> bool:
    """Say whether a model can be learned from the text; one that cannot need not be rehearsed."""
    return not isinstance(model, PPMISVD) or model.vector_size <= len(corpus.vocabulary)


def _rehearse(models: list[dict[str, Any]], workers: int | None, progress: ShowMethod | None) -> None:
    """Compile whatever the models need, so that no method pays for it with its time or its memory."""
    if not models:
        return
    # What goes wrong here goes wrong again where it is reported.
    with suppress(TrainingError):
        run_child({"rehearse": models, "workers": workers}, _show(progress, BEFORE, only="compile"))


def _measured(outcome: Outcome, vectors: WordVectors, tests: _Tests) -> Outcome:
    """Add scores and neighbours to an outcome."""
    return replace(
        outcome,
        similarity={name: evaluate_similarity(vectors, pairs) for name, pairs in tests.pairs.items()},
        analogies={name: evaluate_analogies(vectors, asked) for name, asked in tests.questions.items()},
        neighbours={word: tuple(vectors.most_similar(word, top=NEIGHBOURS)) for word in tests.words},
    )


def _show(progress: ShowMethod | None, name: str, *, only: str | None = None) -> ProgressCallback | None:
    """Return what passes on the looks at one method's work, or those at one stage of it."""
    if progress is None:
        return None

    def show(look: Progress) -> None:
        if only is None or look.stage == only:
            progress(name, look)

    return show
