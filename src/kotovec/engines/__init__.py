"""How a model is learned: the slow and true reference, and the fast CPU engine."""
