import Glibc
import Vault

/// What a process that holds keys sees to before it opens anything.
package enum ProcessHardening {
    /// Read by the runtimes before any code of ours runs, so they cannot be set from within.
    private static let environment: [(name: String, value: String)] = [
        // A crash report of Swift's shows memory near the registers, which may be a key.
        ("SWIFT_BACKTRACE", "enable=no")
    ]

    /// For every command, first of all: the process's memory is closed to others, and the numbers of the
    /// standard streams that are closed are held, so that no file is opened in their place. (What is printed
    /// would be written into it.) They stay as good as closed.
    package static func apply() {
        ProcessMemory.close()
        for stream: Int32 in 0...2 where fcntl(stream, F_GETFD) == -1 {
            // The lowest number that is free, which is this one.
            _ = open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    /// For the server: no core files, no end by a reader that went away, by a file that may not grow, or by a
    /// hangup before ``SignalWatch`` takes it; and the environment above, for which the process starts itself
    /// once more (same id, same arguments). What the operator has set stays.
    ///
    /// - Parameter secrets: what the environment held; the process finds it again after that start.
    static func applyToServer(keeping secrets: EnvironmentSecrets.Named) {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)

        let missing = environment.filter { getenv($0.name) == nil }
        // By its own path, so that it keeps its name. Where that cannot be, the server runs as it is.
        guard !missing.isEmpty, let path = realpath("/proc/self/exe", nil),
            EnvironmentSecrets.handOver(secrets)
        else { return }
        for (name, value) in missing { setenv(name, value, 1) }
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv(path, arguments)
        // Nobody else inherits them.
        _ = EnvironmentSecrets.take([])
    }
}
