"""Skip-gram: the centre word predicts each word of its context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kotovec.models.losses import Loss, check_loss
from kotovec.models.negative_sampling import WINDOW, take_negative_sampling
from kotovec.models.options import CHOSEN
from kotovec.models.representation import Representation, choose_representation
from kotovec.models.tying import check_tied


@dataclass(frozen=True, kw_only=True)
class SkipGram:
    """The options of skip-gram (Mikolov et al. 2013, arXiv:1310.4546).

    Parameters
    ----------
    vector_size
        Elements of each word's vector, H.
    window
        The most words on each side that count as context; every centre draws its own reach from
        1 to `window`, evenly.
    negative
        Negative samples for each positive pair, K: the weight of "no" against "yes". 5, or 1 with
        `tied=True`.
    shared_negatives
        Negatives that are really drawn, for each chunk of text, and shared by its centres with
        weight `negative / shared_negatives`, M. More of them estimate the same gradient with less
        noise and cost time. 32, or 31 with `tied=True`, and more with many `negative` or a wide
        `window`: 45 with 15 negatives. With 15 training is an eighth to a third faster, and the vectors are
        somewhat less good.
    sample
        Words whose share of the text is above this are thinned out; 0 keeps all.
    learning_rate, last_learning_rate
        The step of gradient descent at the start and at the end; it falls in a straight line. At the start
        0.05 by default, and less where a centre is asked so many questions at once that it might overshoot:
        5 / (window + 1) / (1 + negative), 0.04 with window 20; with `tied` and several negatives the
        square root of 2 / (1 + negative) of that.
    negative_exponent
        Negatives are drawn from counts raised to this power.
    representation
        Which matrix `Run.vectors` is: "input" (W_in, the word as it is looked up), "output" (W_out, the
        word as it is predicted), the "sum" or "mean" of both, "blend" (W_in + W_out / 4), or "concatenate"
        for both side by side. The default is the "blend", and "input" with another `loss` or `tied`; with
        `loss="hierarchical_softmax"` there is no other.
    tied
        Whether W_in and W_out are one matrix (Press and Wolf 2016, arXiv:1608.05859; Inan, Khosravi and
        Socher 2016, arXiv:1611.01462). It has one negative for each pair: the scores of one matrix with
        itself cannot all be as low as more negatives ask for.
    loss
        How the right word is told from the others: "negative_sampling" (from `negative` drawn words each),
        "hierarchical_softmax" (by the turns on its way down a Huffman tree; no option that speaks of
        negatives goes with it), or "softmax" (from all words, exactly; time grows with the vocabulary, so it
        is for small ones).

    What is not given is chosen when the options are built; `dataclasses.replace` keeps what was chosen then,
    as if it had been given.

    Raises
    ------
    OptionError
        If a value cannot work.

    Examples
    --------
    >>> SkipGram(vector_size=300, window=10).window
    10

    """

    name: ClassVar[str] = "skipgram"
    default_epochs: ClassVar[int] = 5
    fewest_shared_negatives: ClassVar[int] = 32
    steady_shared_negatives: ClassVar[int] = 15
    fewest_when_tied: ClassVar[int] = 31

    vector_size: int = 100
    window: int = WINDOW
    negative: int = CHOSEN
    shared_negatives: int = CHOSEN
    sample: float = 1e-3
    learning_rate: float = CHOSEN
    last_learning_rate: float = 1e-4
    negative_exponent: float = 0.75
    representation: Representation = CHOSEN
    tied: bool = False
    loss: Loss = "negative_sampling"

    def __post_init__(self) -> None:
        """Check every option once, here, so that no engine has to."""
        choose_representation(self, "blend" if self.loss == "negative_sampling" else "input")
        check_tied(self)
        check_loss(self)
        take_negative_sampling(self, 0.05)
