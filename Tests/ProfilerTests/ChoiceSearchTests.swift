import Profiler
import Selvedge
import Testing

@Suite struct ChoiceSearchTests {
  private let network = DescribedNetwork(
    input: Shape(784), layers: [.dense(500), .dense(60), .output(10)], rule: .readout)

  @Test(arguments: [20_000, 65_536, 262_144, 1 << 20, 1 << 24])
  func choicesAreTheWidestThatFit(budget: Int) throws {
    let choices = ChoiceSearch(network).choices(under: budget)
    #expect(!choices.isEmpty)
    var compared = 0
    for choice in choices {
      #expect(choice.bytes <= budget)
      let wider = NetworkChoice(
        network, precision: choice.precision, batch: choice.batch,
        width: choice.width + 1.0 / 64, frozen: choice.frozen)
      if choice.width < 1 {
        compared += 1
        #expect(try #require(wider).bytes > budget)
      }
      #expect(choice.layers.last == network.layers.last?.stored(as: choice.precision!))
      #expect(choice.layers.count { $0.isFrozen } == choice.frozen)
    }
    #expect(compared > 0 || budget == 1 << 24)
    let costs = choices.map(\.expectedCost)
    #expect(costs == costs.sorted())
  }

  @Test func everythingFitsIntoALot() {
    let choices = ChoiceSearch(network).choices(under: 1 << 24)
    #expect(choices.count == 3 * 6 * 3)
    let best = choices[0]
    #expect(best.precision == .float32 && best.batch == 64 && best.width == 1 && best.frozen == 0)
    #expect(best.layers == network.layers && best.expectedCost == 0)
  }

  @Test func nothingIsSmallerThanTheSmallest() throws {
    let search = ChoiceSearch(network)
    let smallest = try #require(search.smallest)
    #expect(search.choices(under: smallest.bytes - 1).isEmpty)
    let least = search.choices(under: smallest.bytes)
    #expect(!least.isEmpty && least.allSatisfy { $0.bytes == smallest.bytes })
    #expect(search.choices(under: 0).isEmpty)
  }

  @Test func frozenLayersStayFrozenAndAreNotCounted() throws {
    var layers = network.layers
    layers[0].isFrozen = true
    let frozen = DescribedNetwork(input: Shape(784), layers: layers, rule: .readout)
    // None of the choices thaws it.
    let choices = ChoiceSearch(frozen).choices(under: 1 << 24)
    #expect(choices.count == 3 * 6 * 2)
    #expect(choices.allSatisfy { $0.layers[0].isFrozen && !$0.layers[2].isFrozen })
    let choice = try #require(
      NetworkChoice(frozen, precision: nil, batch: 4, width: 0.5, frozen: 1))
    #expect(choice.layers.map(\.isFrozen) == [true, false, false])
    #expect(choice.layers.map(\.units) == [248, 24, 10])
  }
}
