// swift-tools-version: 6.2
import PackageDescription

/// The language modes of the house: what an import leaks, where code runs and what is existential is written
/// down.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// For the modules that touch key material or C memory: every unsafe expression is marked.
let strict = house + [.strictMemorySafety()]

/// `scripts/fuzz` makes the fuzzer's program of the files that are a test target otherwise.
let fuzzing = Context.environment["LATCHKEY_FUZZING"] == "1"

extension Target.Dependency {
    static func nio(_ name: String) -> Self { .product(name: name, package: "swift-nio") }
    static let log = product(name: "Logging", package: "swift-log")
    static let collections = product(name: "HashTreeCollections", package: "swift-collections")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let sqlite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioHTTPTypesHTTP1 = product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
    static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
}

let package = Package(
    name: "latchkey",
    products: [.executable(name: "latchkey", targets: ["Command"])],
    // Exactly these: whoever builds a commit builds what was tested.
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CBuild"),
        .target(
            name: "Domain", resources: [.embedInCode("Prices/prices.json")], swiftSettings: house),
        .target(name: "Vault", dependencies: ["Domain", "CSodium"], swiftSettings: strict),
        .target(name: "Storage", dependencies: ["Domain", .grdb, .sqlite], swiftSettings: house),
        .target(name: "Telemetry", dependencies: ["Domain"], swiftSettings: house),
        .target(name: "HTTP", dependencies: ["Domain", .nio("NIOCore")], swiftSettings: strict),
        .target(
            name: "Upstream", dependencies: ["Domain", "HTTP", "CCurl", .nio("NIOCore"), .nio("NIOPosix")],
            swiftSettings: strict),
        .target(name: "Providers", dependencies: ["Domain"], swiftSettings: house),
        .target(
            name: "Gateway",
            dependencies: [
                "Domain", "Vault", "HTTP", "Telemetry", "Upstream", "Providers",
                .nio("NIOCore"), .nio("NIOHTTP1"), .collections,
            ], swiftSettings: house),
        .target(
            name: "Web", path: "web",
            resources: ["claim", "docs"].flatMap { page in
                ["html", "css", "js"].map { .embedInCode("\(page).\($0)") }
            }, swiftSettings: house),
        .target(
            name: "Admin",
            dependencies: [
                "Domain", "Vault", "Storage", "Telemetry", "Gateway", "Web",
                .hummingbird, .httpTypes, .nio("NIOCore"), .log,
            ],
            resources: [.embedInCode("OpenAPI/openapi.json")], swiftSettings: house),
        .target(
            name: "App",
            dependencies: [
                "Domain", "Vault", "Storage", "Telemetry", "Upstream", "Providers", "Gateway", "Admin",
                "CBuild",
                .hummingbird, .hummingbirdCore, .lifecycle, .nioHTTPTypes, .nioHTTPTypesHTTP1,
                .nio("NIOCore"), .nio("NIOPosix"), .nio("NIOHTTP1"), .log,
            ], swiftSettings: house),
        .executableTarget(
            name: "Command",
            dependencies: ["Domain", "Vault", "Admin", "App", "CCurl", .arguments],
            swiftSettings: house),
        fuzzing
            ? .executableTarget(
                name: "Fuzz", dependencies: ["App", "Domain", "Gateway", "HTTP", "Vault", .nio("NIOCore")],
                path: "Tests/FuzzTests", swiftSettings: house + [.define("FUZZING")])
            : .testTarget(
                name: "FuzzTests",
                dependencies: ["App", "Domain", "Gateway", "HTTP", "Vault", .nio("NIOCore")],
                swiftSettings: house),
        // What upstreams may send, for the reader's tests and for those over sockets.
        .target(
            name: "HTTPSamples", dependencies: ["HTTP"], path: "Tests/HTTPSamples", swiftSettings: house),
        .testTarget(
            name: "HTTPTests",
            dependencies: [
                "HTTP", "HTTPSamples", .nio("NIOCore"), .nio("NIOEmbedded"), .nio("NIOHTTP1"),
            ], swiftSettings: house),
        .testTarget(name: "ProvidersTests", dependencies: ["Domain", "Providers"], swiftSettings: house),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Domain", "Gateway", "HTTP", "Providers", "Telemetry", "Upstream", "Vault", .nio("NIOCore"),
                .nio("NIOEmbedded"),
                .nio("NIOHTTP1"),
            ], swiftSettings: house),
        .testTarget(
            name: "UpstreamTests",
            dependencies: ["CCurl", "Domain", "Upstream", .nio("NIOCore"), .nio("NIOPosix")],
            swiftSettings: house),
        .testTarget(name: "ArchitectureTests", swiftSettings: house),
        .testTarget(name: "TelemetryTests", dependencies: ["Domain", "Telemetry"], swiftSettings: house),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "App", "Admin", "Domain", "Gateway", "HTTP", "HTTPSamples", "Storage", "Telemetry", "Vault",
                .hummingbird,
                .lifecycle, .log, .nio("NIOCore"), .nio("NIOPosix"),
            ], swiftSettings: house),
        .testTarget(
            name: "AppTests",
            dependencies: [
                "App", "Domain", "Gateway", "Vault", "Storage", "Telemetry", "Upstream", .grdb, .log,
                .nio("NIOCore"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "AdminTests",
            dependencies: [
                "Admin", "Domain", "Vault", "Storage", "Telemetry", "Gateway", .hummingbird, .httpTypes,
                .nio("NIOCore"), .log, .grdb,
            ], swiftSettings: house),
        .testTarget(
            name: "CommandTests", dependencies: ["Command", "Admin", "App", "Domain", "Vault", .arguments],
            swiftSettings: house),
        .testTarget(name: "DomainTests", dependencies: ["Domain"], swiftSettings: house),
        .testTarget(name: "VaultTests", dependencies: ["Domain", "Vault"], swiftSettings: house),
        .testTarget(name: "StorageTests", dependencies: ["Domain", "Storage", .grdb], swiftSettings: house),
    ]
)
