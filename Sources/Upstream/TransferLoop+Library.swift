import CCurl
import Glibc

/// What libcurl needs before its first use.
extension TransferLoop {
    /// Once per process, before anything else of libcurl's.
    ///
    /// Zeroed memory is not calloc's: that of glibc passes by the thread's cache, which what libcurl frees of it
    /// then fills up, and half of all that is freed goes the long way.
    package static func initialiseLibrary() {
        let code = unsafe curl_global_init_mem(
            Int(CURL_GLOBAL_DEFAULT), malloc, free, realloc, { unsafe $0.flatMap { unsafe strdup($0) } },
            { count, size in
                let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: size)
                guard !isTooMuch, let memory = unsafe malloc(bytes) else { return nil }
                // Of malloc and memset the compiler would make a calloc.
                unsafe explicit_bzero(memory, bytes)
                return unsafe memory
            })
        precondition(code == CURLE_OK, "curl_global_init_mem failed: \(code.rawValue)")
    }
}
