import Testing

/// Who may know whom. Neither the package manager nor the compiler holds these edges, so the `import` lines
/// are read.
struct ModuleEdgeTests {
    /// What each module may import, beside the standard library: our own modules, then packages and the
    /// platform.
    private static let allowed: [String: Set<String>] = [
        "Domain": [],
        "Web": [],
        "Vault": ["Domain", "CSodium", "Glibc", "Synchronization"],
        "Storage": ["Domain", "GRDB", "GRDBSQLite", "Foundation", "Glibc", "Synchronization"],
        "Telemetry": ["Domain", "Glibc", "Synchronization"],
        "HTTP": ["Domain", "NIOCore", "Glibc"],
        "Upstream": ["Domain", "HTTP", "CCurl", "NIOCore", "NIOPosix", "Glibc", "Synchronization"],
        "Providers": ["Domain", "Synchronization"],
        "Gateway": [
            "Domain", "Vault", "HTTP", "Telemetry", "Upstream", "Providers",
            "NIOCore", "NIOHTTP1", "HashTreeCollections", "Glibc", "Synchronization",
        ],
        "Admin": [
            "Domain", "Vault", "Storage", "Telemetry", "Gateway", "Web",
            "Hummingbird", "HTTPTypes", "NIOCore", "Logging", "Foundation", "Glibc", "Synchronization",
        ],
        "App": [
            "Domain", "Vault", "Storage", "Telemetry", "Upstream", "Providers", "Gateway", "Admin",
            "CBuild", "Hummingbird", "HummingbirdCore", "ServiceLifecycle", "HTTPTypes", "NIOHTTPTypes",
            "NIOHTTPTypesHTTP1",
            "NIOCore", "NIOPosix", "NIOHTTP1", "Logging", "Dispatch", "Foundation", "Glibc",
            "Synchronization",
        ],
        "Command": [
            "Domain", "Vault", "Admin", "App", "CCurl", "ArgumentParser", "Foundation", "Glibc",
            "Synchronization",
        ],
    ]

    @Test func `every module imports only what it may know`() throws {
        for file in try SourceFile.all() {
            let allowed = try #require(Self.allowed[file.module], "\(file) is in a module without a rule")
            for line in file.imports {
                #expect(allowed.contains(line.module), "\(file) imports \(line.module)")
            }
        }
    }

    @Test func `the data path never knows storage or Foundation`() throws {
        let dataPath: Set = ["Domain", "Vault", "HTTP", "Upstream", "Providers", "Telemetry", "Gateway"]
        let forbidden: Set = [
            "Storage", "GRDB", "Foundation", "FoundationEssentials", "FoundationNetworking", "Dispatch",
        ]

        for file in try SourceFile.all() where dataPath.contains(file.module) {
            #expect(forbidden.isDisjoint(with: file.imports.map(\.module)), "\(file)")
        }
    }

    @Test func `what is allowed has no circles`() {
        let order = [
            "Domain", "Web", "Vault", "Storage", "Telemetry", "HTTP", "Upstream", "Providers", "Gateway",
            "Admin", "App", "Command",
        ]

        #expect(Set(order) == Set(Self.allowed.keys))
        for (index, module) in order.enumerated() {
            let later = Set(order[index...])
            #expect(
                Self.allowed[module, default: []].isDisjoint(with: later), "\(module) knows a later module")
        }
    }

    @Test func `the files are found`() throws {
        let modules = Set(try SourceFile.all().map(\.module))

        #expect(modules.isSuperset(of: ["Domain", "Gateway", "Providers", "Web"]))
    }
}
