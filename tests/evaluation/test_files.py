"""The public test files are read as they are, and a broken line is named."""

from __future__ import annotations

import gzip

import pytest

from kotovec.errors import FormatError, OptionError
from kotovec.evaluation import read_pairs, read_questions


@pytest.fixture
def written(tmp_path):
    """Write a file and return its path."""

    def write(text: str):
        path = tmp_path / "set.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "tiger\tcat\t7.35\nplane\tcar\t5.77\n",  # WordSim-353, its two halves
        "Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nplane,car,5.77\n",  # WordSim-353, combined.csv
        "Word 1\tWord 2\tHuman (mean)\ntiger\tcat\t7.35\nplane\tcar\t5.77\n",
        "tiger cat 7.35\nplane car 5.77\n",  # MEN
        "word1\tword2\tPOS\tSimLex999\tconc(w1)\ntiger\tcat\tN\t7.35\t4\nplane\tcar\tN\t5.77\t5\n",
        "# a comment\n\ntiger  cat   7.35\nplane car 5.77",
        '\ufefftiger,cat,7.35\r\n"plane",car,5.77\r\n',
        "tiger\tcat\tn\t7.35\tHYPERNYMS\nplane\tcar\tn\t5.77\tNONE\n",  # SimVerb
        "Word 1,Word 2,Human (mean),1,2\ntiger,cat,7.35,9,8\nplane,car,5.77,6,5\n",  # WordSim-353, set1.csv
        "Word 1\tWord 2\tHuman (mean)\t1\t2\ntiger\tcat\t7.35\t9\t8\nplane\tcar\t5.77\t6\t5\n",
        "tiger;cat;7.35\nplane;car;5.77\n",  # RG-65
        "Wort 1;Wort 2;Wert\ntiger;cat;7,35\nplane;car;5,77\n",
        "tiger\tcat\t7,35\nplane\tcar\t5,77\n",
        "# kinds of pairs\nS\ttiger\tcat\t7.35\nS\tplane\tcar\t5.77\n",  # WordSim-353, agreed
        ",word1,word2,score\n0,tiger,cat,7.35\n1,plane,car,5.77\n",  # pandas
    ],
    ids=[
        "wordsim", "combined", "tabs", "men", "simlex", "comments", "windows", "simverb", "raters",
        "raters, tabs", "semicolons", "decimal commas", "tabs, decimal commas", "kinds", "numbered",
    ],
)  # fmt: skip
def test_every_public_layout_gives_the_same_pairs(written, text):
    assert read_pairs(written(text)) == [("tiger", "cat", 7.35), ("plane", "car", 5.77)]


JAPANESE = """word1,word2,mean(remove_extreme_annotator),sub1,sub2,mean
あやしい,怪しい,9.6,10,9,9.8
あやしい,疑わしい,7.8,6,8,8.0
"""


@pytest.mark.parametrize(
    ("score", "scores"),
    [(None, [9.6, 7.8]), ("mean", [9.8, 8.0]), (6, [9.8, 8.0]), ("sub2", [9.0, 8.0])],
)
def test_the_column_of_scores_can_be_chosen(written, score, scores):
    assert [pair.score for pair in read_pairs(written(JAPANESE), score=score)] == scores


@pytest.mark.parametrize("score", ["median", "word1", 2, 7, 0])
def test_a_column_that_is_not_there_is_refused(written, score):
    with pytest.raises(OptionError, match=f"no column {score!r}"):
        read_pairs(written(JAPANESE), score=score)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("1\tone\tN\t5\n2\ttwo\tN\t6\n4\tfour\tN\t7\n", [("1", "one"), ("2", "two"), ("4", "four")]),
        ("a,b,N,7\nc,d,N,5\n", [("a", "b"), ("c", "d")]),
        ("1,2,3\n2,3,4\n", [("1", "2"), ("2", "3")]),
        ("a,b,n,7\n", [("a", "b")]),
    ],
    ids=["no count", "no more words than kinds", "words are numbers", "one line"],
)
def test_words_that_look_like_labels_are_words(written, text, pairs):
    assert [pair[:2] for pair in read_pairs(written(text))] == pairs


def test_a_column_is_counted_from_the_first_one_of_the_file(written):
    numbered = written("0,red,blue,5,6\n1,black,white,1,2\n")
    assert [pair.score for pair in read_pairs(numbered, score=5)] == [6.0, 2.0]
    with pytest.raises(OptionError, match="columns 1 to 5, and the second and the third are words"):
        read_pairs(numbered, score=3)


def test_a_name_of_a_rater_may_be_a_number(written):
    raters = written("Word 1,Word 2,mean,1,2\ntiger,cat,7.35,9,8\n")
    assert read_pairs(raters, score="1") == [("tiger", "cat", 9.0)]


@pytest.mark.parametrize("score", [2.5, True, [3], b"mean"])
def test_a_column_is_a_name_or_a_whole_number(written, score):
    with pytest.raises(OptionError) as problem:
        read_pairs(written(JAPANESE), score=score)
    assert str(problem.value) == (
        "The 'score' parameter of read_pairs must be a column's name, its number from 1, or None. "
        f"Got {score!r} instead."
    )


def test_a_column_of_thousands_of_digits_is_refused_in_few_words(written):
    with pytest.raises(OptionError, match=r"^There is no column .{,60} of scores in"):
        read_pairs(written(JAPANESE), score=10**5000)


def test_a_name_needs_a_header(written):
    with pytest.raises(OptionError, match="no header, so give the column's number"):
        read_pairs(written("a b 1\n"), score="mean")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "a\tb\t1\nc\td\n",
            r"line 2: two words and a score .* separated by tabs .* but this line is 'c\\td'",
        ),
        ("a\tb\t1\n\nc d 2\n", "line 3: two words and a score are needed, separated by tabs"),
        ("a,b,1\nc,d,high\n", "line 2: the score of 'c' and 'd' should be a number, but column 3 is 'high'"),
        ("a b 1\nc d nan\n", "line 2: the score of 'c' and 'd' should be a number"),
        ("a b nan\nc d 2\n", "line 1: the score of 'a' and 'b' should be a number, but column 3 is 'nan'"),
        ("a b -inf\nc d 2\n", "line 1: the score of 'a' and 'b' should be a number, but column 3 is '-inf'"),
        ("a\tb\tnan\t3\nc\td\t2\t4\n", "line 1: the score of 'a' and 'b' .* but column 3 is 'nan'"),
        ("w1,w2,mean,n\na,b,nan,3\nc,d,2,4\n", "line 2: the score of 'a' and 'b' .* but column 3 is 'nan'"),
        (
            f"a,b,1\nc,d,{'9' * 5000}\n",
            "^.*line 2: the score of 'c' and 'd' .* is '9.{,60}'; correct the line",
        ),
        (f"a,b,1\n{'x' * 200_000},d,2\n", "line 2: a column holds more than 131,072 characters.{,120}$"),
        ("a b 1\rc d 2\r", "line 1: a carriage return stands within the line; let every line end"),
        ("a,b,1\n,d,2\n", "line 2: two words are needed, but one of them is empty"),
        (",b,1\nc,d,2\n", "line 1: two words are needed"),
        ("a,b,1\nc,d,high,2\n", "line 2: the score of 'c' and 'd' .* but column 3 is 'high'"),
        ("a b 1\nice cream cake 2\n", "line 2: the score of 'ice' and 'cream' .* but column 3 is 'cake'"),
        ("a b c\nd e f\n", "line 2: there is no score"),
        ("a b c\n", "line 1: there is no score"),
        ("# nothing\n", "holds no pairs"),
    ],
)
def test_a_broken_line_of_pairs_is_named_with_its_number(written, text, sentence):
    with pytest.raises(FormatError, match=sentence):
        read_pairs(written(text))


def test_analogies_keep_their_sections(written):
    found = read_questions(written(": capitals\nTokyo Japan Paris France\n\n: plurals\na b c d\ne f g h\n"))
    assert [question.section for question in found] == ["capitals", "plurals", "plurals"]
    assert found[0][1:] == ("Tokyo", "Japan", "Paris", "France")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (": s\na b c d\na b c\n", "line 3: an analogy is four words, but this line has 3"),
        ("a b c d e\n", "line 1: an analogy is four words, but this line has 5"),
        (": s\n", "holds no analogies"),
    ],
)
def test_a_broken_line_of_analogies_is_named_with_its_number(written, text, sentence):
    with pytest.raises(FormatError, match=sentence):
        read_questions(written(text))


ENDS_NO_LINE = ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("sign", ENDS_NO_LINE, ids=ascii)
def test_only_a_line_feed_ends_a_line(written, sign):
    with pytest.raises(FormatError, match="line 3: the score of 'c' and 'd' should be a number"):
        read_pairs(written(f"# a comment{sign}of one line\r\na\tx{sign}y\t1\r\nc\td\thigh\r\n"))
    with pytest.raises(FormatError, match="line 3: an analogy is four words, but this line has 3"):
        read_questions(written(f": a section{sign}of one line\na b{sign} c d\na b c\n"))


@pytest.mark.parametrize("sign", ENDS_NO_LINE, ids=ascii)
def test_a_word_between_tabs_may_hold_what_ends_no_line(written, sign):
    assert read_pairs(written(f"a\tx{sign}y\t1\n")) == [("a", f"x{sign}y", 1.0)]


@pytest.mark.parametrize("read", [read_pairs, read_questions])
def test_what_cannot_be_read_is_told(tmp_path, read):
    with pytest.raises(FormatError, match="There is no file"):
        read(tmp_path / "no.txt")
    (tmp_path / "latin").write_bytes(b"a b 1\ncaf\xe9 b 2\n")
    with pytest.raises(FormatError, match="line 2: this is not UTF-8"):
        read(tmp_path / "latin")


def test_a_compressed_file_is_read(tmp_path):
    path = tmp_path / "pairs.gz"
    path.write_bytes(gzip.compress(b"a b 1\n"))
    assert read_pairs(path) == [("a", "b", 1.0)]
