import Simulator
import Testing

@Suite struct StreamCurveTests {
  @Test func figuresAreThoseCountedByHand() {
    let curve = StreamCurve(
      classes: 3,
      [
        .init(samples: 10, seen: [0], accuracy: 1, recalls: [1, nil, nil]),
        .init(samples: 20, seen: [0, 1], accuracy: 0.5, recalls: [0.25, 0.75, nil]),
        .init(samples: 30, seen: [0, 1], accuracy: 0.75, recalls: [0.5, 1, nil]),
      ])
    #expect(curve.finalAccuracy == 0.75 && curve.area == 0.75)
    #expect(curve.forgetting(0) == 0.5 && curve.forgetting(1) == 0 && curve.forgetting(2) == nil)
    #expect(curve.best(0) == 1 && curve.last(0) == 0.5 && curve.best(2) == nil)
    #expect(curve.forgetting == 0.25)
  }

  @Test func nothingIsKnownOfNoTests() {
    let curve = StreamCurve(classes: 2)
    #expect(curve.finalAccuracy == nil && curve.area == nil && curve.forgetting == nil)
  }
}
