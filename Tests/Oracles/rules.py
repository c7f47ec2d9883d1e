"""Three ways to train one network: backpropagation, and two that need no gradient from above.

Each is a function (network, x, lengths, labels) that leaves a gradient in every parameter, for
plain SGD to follow, and knows its multiply-accumulates a sample: a weight costs one in a forward
pass, one in its update, and one where an error goes back through it.
"""
import torch

from networks import apply

CROSS_ENTROPY = torch.nn.CrossEntropyLoss()


class Backpropagation:
    """The gradient of the loss; of sequences, through all of their steps."""

    def __init__(self, network, classes, seed):
        pass

    def __call__(self, network, x, lengths, labels):
        CROSS_ENTROPY(network(x, lengths), labels).backward()

    def products(self, costs):
        return 3 * sum(products for products, _ in costs) - costs[0][0]


class DirectFeedback:
    """Direct feedback alignment (Nokland 2016, arXiv 1609.01596).

    The error at the output, through a fixed random matrix of each hidden layer's own, takes the
    place of what would come back from the layer above.
    """

    def __init__(self, network, classes, seed):
        self.draws = torch.Generator().manual_seed(seed)
        self.classes, self.feedback = classes, {}

    def __call__(self, network, x, lengths, labels):
        outputs = []
        for layer in network.layers:
            x = apply(layer, x.detach(), lengths)
            outputs.append(x)
        logits = outputs.pop()
        error = (torch.softmax(logits.detach(), 1)
                 - torch.nn.functional.one_hot(labels, self.classes)) / len(labels)
        total = CROSS_ENTROPY(logits, labels)
        for k, y in enumerate(outputs):
            if k not in self.feedback:
                self.feedback[k] = torch.randn(
                    self.classes, y[0].numel(), generator=self.draws) / y[0].numel()**0.5
            total = total + (y.flatten(1) * (error @ self.feedback[k])).sum()
        total.backward()

    def products(self, costs):
        feedback = sum(self.classes * sizes[-1] for _, sizes in costs[:-1])
        return 2 * sum(products for products, _ in costs) + feedback


class Perturbation:
    """Simultaneous perturbation (SPSA, Spall 1992): two forward passes, no gradient at all."""

    def __init__(self, network, classes, seed, size=1e-3):
        self.draws = torch.Generator().manual_seed(seed)
        self.size = size

    @torch.no_grad()
    def __call__(self, network, x, lengths, labels):
        parameters = list(network.parameters())
        signs = [torch.randint(0, 2, p.shape, generator=self.draws, dtype=p.dtype) * 2 - 1
                 for p in parameters]
        losses = []
        for step in (self.size, -2 * self.size):
            for p, sign in zip(parameters, signs):
                p.add_(sign, alpha=step)
            losses.append(CROSS_ENTROPY(network(x, lengths), labels))
        slope = (losses[0] - losses[1]) / (2 * self.size)
        for p, sign in zip(parameters, signs):
            p.add_(sign, alpha=self.size)
            p.grad = sign * slope

    def products(self, costs):
        return 2 * sum(products for products, _ in costs)


RULES = {"backpropagation": Backpropagation, "direct-feedback": DirectFeedback,
         "perturbation": Perturbation}
