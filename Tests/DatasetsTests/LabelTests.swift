import Datasets
import TestSupport
import Testing

@Suite struct LabelTests {
  /// As many samples as labels.
  static func labelled(_ labels: [UInt8]) throws -> LabelledSamples {
    let count = UInt32(labels.count)
    return try LabelledSamples(
      IDX(bytes: IDXTests.file(8, [count, 1], labels), name: "images"),
      labels: IDX(bytes: IDXTests.file(8, [count], labels), name: "labels"))
  }

  @Test func classesReachToTheLargestLabel() throws {
    #expect(try Self.labelled([2, 0, 1, 2]).classes() == 3)
    #expect(try Self.labelled([2, 0, 1, 2]).classes(declared: 10) == 10)
    #expect(try Self.labelled([9, 0]).classes(declared: 10) == 10)
  }

  @Test func classWithoutExamplesMustBeDeclared() {
    let labels = (0..<17).map { UInt8($0 % 10) } + [200]
    #expect(
      complaint { _ = try Self.labelled(labels).classes() }
        == "label 200 at index 17 (byte 25 of labels): classes 10 to 199 have no examples;"
        + " pass --classes 201 if that is meant")
    #expect(
      complaint { _ = try Self.labelled([2, 0]).classes() }
        == "label 2 at index 0 (byte 8 of labels): class 1 has no examples;"
        + " pass --classes 3 if that is meant")
    #expect(
      complaint { _ = try Self.labelled([1, 3, 7]).classes() }
        .contains(": classes 0, 2 and 4 to 6 have no examples;"))
  }

  @Test func labelBeyondTheClassesIsNamed() throws {
    let expected =
      "label 3 at index 2 (byte 10 of labels): expected a label from 0 to 2, as there are 3 classes"
    #expect(complaint { _ = try Self.labelled([0, 1, 3]).classes(declared: 3) } == expected)
    #expect(complaint { try Self.labelled([0, 1, 3, 9]).requireLabels(below: 3) } == expected)
    try Self.labelled([0, 1, 3, 9]).requireLabels(below: 10)
  }

  @Test func oneClassIsTooFew() {
    #expect(throws: DatasetError.fewClasses(1, file: "labels")) {
      try Self.labelled([0, 0]).classes()
    }
    for declared in [1, 0, -5] {
      #expect(throws: DatasetError.fewClasses(declared, file: "labels")) {
        try Self.labelled([0, 0]).classes(declared: declared)
      }
    }
  }

  @Test func labelsOfOtherTypesAreRead() throws {
    let images = try IDX(bytes: IDXTests.file(8, [2, 1], [0, 0]), name: "images")
    for (type, data) in [
      (0x09, [1, 2]), (0x0B, [0, 1, 0, 2]), (0x0C, [0, 0, 0, 1, 0, 0, 0, 2]),
    ] as [(UInt8, [UInt8])] {
      let labels = try IDX(bytes: IDXTests.file(type, [2], data), name: "labels")
      #expect(try LabelledSamples(images, labels: labels).labels == [1, 2])
    }
  }

  @Test func largestLabelIsNoTrap() throws {
    let images = try IDX(bytes: IDXTests.file(8, [1, 1], [0]), name: "images")
    let labels = try IDX(bytes: IDXTests.file(12, [1], [0x7F, 255, 255, 255]), name: "labels")
    #expect(throws: DatasetError.self) {
      try LabelledSamples(images, labels: labels).classes()
    }
  }

  @Test(arguments: [
    (
      IDXTests.file(9, [2], [1, 0xFF]),
      "labels: at byte 9: expected a label from 0 at index 1, found -1"
    ),
    (
      IDXTests.file(12, [2], [0, 0, 0, 0, 0x80, 0, 0, 0]),
      "labels: at byte 12: expected a label from 0 at index 1, found -2147483648"
    ),
    (
      IDXTests.file(13, [2], [0, 0, 0, 0, 0, 0, 0, 0]),
      "labels: at byte 2: expected whole numbers as labels, found float"
    ),
    (
      IDXTests.file(8, [2, 1], [0, 0]),
      "labels: at byte 3: expected 1 dimension, as labels are a list, found 2"
    ),
    (IDXTests.file(8, [3], [0, 0, 0]), "images holds 2 images, but labels 3 labels"),
  ])
  func otherLabelsAreRefused(labels: [UInt8], expected: String) throws {
    let images = try IDX(bytes: IDXTests.file(8, [2, 1], [0, 0]), name: "images")
    let labels = try IDX(bytes: labels, name: "labels")
    #expect(complaint { _ = try LabelledSamples(images, labels: labels) } == expected)
  }
}
