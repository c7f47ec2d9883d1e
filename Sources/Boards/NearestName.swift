/// The name that is nearest to a mistyped word, or nil if none is near.
///
/// Near is a distance of at most two, or of a third of the name's letters; of equally near ones the first.
public func nearestName(to word: String, among names: [String]) -> String? {
  let distances = names.map { ($0, editDistance(word, $0)) }
  guard let nearest = distances.min(by: { $0.1 < $1.1 }),
    nearest.1 <= max(2, nearest.0.count / 3)
  else { return nil }
  return nearest.0
}

/// Levenshtein's distance: how many letters to change, insert or drop.
func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.count]
}
