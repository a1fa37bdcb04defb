"""Chapter 3: skip-gram learns "You say goodbye and I say hello.": from each word the two beside it."""

from __future__ import annotations

from kotovec.layers import Adam, SimpleSkipGram, Trainer, convert_one_hot, create_contexts_target, preprocess

window_size = 1
hidden_size = 5
batch_size = 3
max_epoch = 1000

corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
vocab_size = len(word_to_id)
contexts, target = create_contexts_target(corpus, window_size)
target = convert_one_hot(target, vocab_size)
contexts = convert_one_hot(contexts, vocab_size)

model = SimpleSkipGram(vocab_size, hidden_size, seed=1)
trainer = Trainer(model, Adam(), seed=1)
trainer.fit(contexts, target, max_epoch, batch_size)

print(f"loss: {trainer.loss_list[0]:.3f} (2 ln 7, before learning) -> {trainer.loss_list[-1]:.3f}")
for word_id, word in id_to_word.items():
    print(word, model.word_vecs[word_id].round(2))
# trainer.plot() draws the loss, with matplotlib
