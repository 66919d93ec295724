import Testing

/// That what an access token may do is decided in one place.
struct RefusalTests {
    /// Cases of `Rejection` that depend on what is granted.
    private static let cases = [
        "addressNotGranted", "endpointNotGranted", "endpointUnnamed", "unknownEndpoint(", "modelNotGranted",
        "outputCapExceeded", "unpricedModel(", "noUpstreamCredential",
    ]

    @Test func `one file refuses what is not granted`() throws {
        var files: Set<String> = []
        for file in try SourceFile.all() where file.module != "Domain" {
            let names = file.lines.contains { line in
                let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                return Self.cases.contains { code.contains(".\($0)") }
            }
            if names { files.insert(file.path) }
        }
        #expect(files == ["Sources/Gateway/Policy/AccessDecision.swift"])
    }
}
