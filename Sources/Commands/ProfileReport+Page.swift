import Pictures
import Profiler
import Selvedge

extension ProfileReport {
  /// All that the profile says as one page.
  ///
  /// - Parameter layers: What each step runs.
  func page(title: String, _ chart: ArenaChart, layers: [String]) -> Page {
    var page = Page(title: title)
    let footprint = report.footprint
    page.paragraph(
      "The arena takes \(grouped(footprint.total)) bytes: weights \(grouped(footprint.weights)), "
        + "activations \(grouped(footprint.activations)) and scratch \(grouped(footprint.scratch)) "
        + "at the fullest step."
        + (footprint.flash > 0
          ? " Another \(grouped(footprint.flash)) bytes of parameters stay in flash." : ""))
    if let limit { for sentence in sentences(limit) { page.paragraph(sentence) } }
    page.picture(chart.picture)
    if trains {
      page.heading("Bytes at the peak")
      page.table(
        [Page.Column("")]
          + ["prediction", "training", "backpropagation in place", "with all gradients"]
          .map { Page.Column($0, isNumber: true) }, comparison(grouped))
    }
    if let cost, let board = limit?.board {
      page.heading("Estimates for \(board.title)")
      page.table(
        [Page.Column("")]
          + EstimatesTable.columns.map { Page.Column($0, isNumber: true) },
        estimates(cost).rows)
    }
    for sentence in basis { page.paragraph(sentence) }
    page.heading("Products of a sample")
    page.table(
      [
        Page.Column("step"), Page.Column("layer"), Page.Column("prediction", isNumber: true),
        Page.Column("training step", isNumber: true),
      ],
      report.work.indices.map { k in
        let work = report.work[k]
        return [
          "\(k)", layers[k], grouped(work.inference), trains ? grouped(work.training) : "-",
        ]
      } + [
        [
          "", "all", grouped(report.allWork.inference),
          trains ? grouped(report.allWork.training) : "-",
        ]
      ])
    page.heading("Tensors")
    page.table(
      [
        Page.Column("tensor"), Page.Column("category"), Page.Column("offset", isNumber: true),
        Page.Column("bytes", isNumber: true), Page.Column("steps", isNumber: true),
      ],
      (report.flash + report.tensors).map { tensor in
        [
          tensorName(tensor.role, layer: tensor.layer), tensor.category.name,
          grouped(tensor.offset), grouped(tensor.bytes),
          "\(tensor.lives.lowerBound)-\(tensor.lives.upperBound - 1)",
        ]
      })
    return page
  }
}
