#if FUZZING
import Glibc

/// The fuzzer's program runs the target that `FUZZ_TARGET` names; its `main` and its arguments are
/// libFuzzer's.
enum Fuzz {
    static let target = getenv("FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }
}

@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target = Fuzz.target else { fatalError("FUZZ_TARGET names no target") }
    if let broken = target.brokenPromise(by: Array(UnsafeBufferPointer(start: bytes, count: count))) {
        fatalError(broken)
    }
    return 0
}
#endif
