import Glibc

/// The file descriptors of this process: how many are open, and how many may be.
struct OpenFiles {
    /// All of ``limit`` where there is none left to count them by; nil where the system does not tell.
    let count: Int?
    let limit: Int

    /// At this moment.
    init() {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        limit = Int(clamping: limits.rlim_cur)
        count = Self.count(limit: limit)
    }

    private static func count(limit: Int) -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return errno == EMFILE ? limit : nil }
        defer { closedir(folder) }
        // But for `.`, `..` and the descriptor that it is read by.
        var count = -3
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
