// libFuzzer calls this with one input after the other; TARGET in the environment says whose they are.

import FuzzTargets

private let target: FuzzTarget = {
  guard let name = environment("TARGET"), let target = FuzzTarget.named(name) else {
    fatalError("TARGET is one of \(FuzzTarget.all.map(\.name))")
  }
  return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target.run(Array(UnsafeBufferPointer(start: start, count: count)))
  return 0
}
