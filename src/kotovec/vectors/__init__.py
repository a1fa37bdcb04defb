"""Word vectors as a matrix with words: look up, compare, search, and read and write files."""

from kotovec.vectors.describe import FileInfo, describe
from kotovec.vectors.formats import FORMATS, convert
from kotovec.vectors.neighbour import Neighbour
from kotovec.vectors.word_vectors import WordVectors, load

__all__ = ["FORMATS", "FileInfo", "Neighbour", "WordVectors", "convert", "describe", "load"]
