import Selvedge
import Simulator
import Testing

@Suite struct AutomaticRatesTests {
  @Test func clippedRatesGrowWithTheRootOfTheBatch() {
    let rates = [1, 4, 16, 64, 256].map { Rates.automatic(.clipped, batch: $0).hidden }
    #expect(rates == [0.00075, 0.00075, 0.0015, 0.003, 0.006])
    for batch in 1...256 {
      let all = Rates.automatic(.clipped, batch: batch)
      #expect(all.output == all.hidden && all.convolution == all.hidden)
    }
  }
}
