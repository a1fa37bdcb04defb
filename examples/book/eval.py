"""Chapter 4: what was learned? Nearest words; analogies by dot product (the book's way) and by cosine."""

from __future__ import annotations

import argparse
from functools import partial

from saving import load

from kotovec.layers import analogy, most_similar

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("file", nargs="?", default="cbow.npz", help="what train_cbow.py has saved")
arguments = parser.parse_args()
word_vecs, word_to_id, id_to_word = load(arguments.file)

QUERIES = ("file", "first", "true", "read", "int")
QUESTIONS = (
    ("min", "max", "first", "last"),
    ("input", "output", "read", "write"),
    ("element", "elements", "value", "values"),
    ("int", "integer", "str", "string"),
)


def known(*words: str) -> bool:
    """Say whether the file holds all of these words; a small vocabulary may lack one."""
    return all(word in word_to_id for word in words)


queries = [query for query in QUERIES if known(query)]
for query in queries:
    most_similar(query, word_to_id, id_to_word, word_vecs, top=5, report=print)
if len(queries) < len(QUERIES):
    unknown = len(QUERIES) - len(queries)
    print(f"\n{unknown} of {len(QUERIES)} words are not among the {len(word_to_id)} known ones.")

questions = [question for question in QUESTIONS if known(*question)]
if not questions:
    print("\nNo analogy can be asked: each has a word that is not known.")
for cosine in (False, True) if questions else ():
    print(f"\n--- analogies by {'cosine' if cosine else 'dot product, as in the book'} ---")
    for a, b, c, answer in questions:
        ask = partial(analogy, a, b, c, word_to_id, id_to_word, word_vecs, answer=answer)
        ask(top=3, cosine=cosine, report=print)
