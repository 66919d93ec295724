import CSodium

/// The memory of this process, which holds keys in the clear: nobody else's business.
package enum ProcessMemory {
    /// From now on no other process of this user may look into this one: no debugger, no core file, no
    /// `/proc/PID/environ`, `mem`, `maps` or `fd` (prctl(2), PR_SET_DUMPABLE). The process itself still may,
    /// and so may one with `CAP_SYS_PTRACE`. An `exec` takes it back.
    package static func close() { lk_set_dumpable(0) }

    /// For tests, whose processes may be debugged.
    static func open() { lk_set_dumpable(1) }

    static var isClosed: Bool { lk_is_dumpable() == 0 }
}
