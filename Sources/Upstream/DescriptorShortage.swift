import CCurl
import Glibc

/// Whether file descriptors have run out, asked where something failed that opens files without saying so.
enum DescriptorShortage {
    /// What resolving a host and reading certificates take at once. Some of it is back when the failure is
    /// told.
    private static let need = 4

    /// Takes as many descriptors as ``need``, and gives them back: not for the way of a request that goes
    /// well.
    static var isNow: Bool {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        while opened.count < need {
            let descriptor = eventfd(0, Int32(EFD_CLOEXEC))
            guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE }
            opened.append(descriptor)
        }
        return false
    }
}
