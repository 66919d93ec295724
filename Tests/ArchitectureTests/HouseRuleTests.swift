import Testing

/// The rules that a file can be held to by its text alone.
struct HouseRuleTests {
    @Test func `nothing is public`() throws {
        for file in try SourceFile.all() {
            for (number, line) in file.lines.enumerated() {
                let code = line.prefix { $0 != "/" && $0 != "\"" }
                let words = code.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                #expect(!words.contains("public"), "\(file):\(number + 1)")
            }
        }
    }

    @Test func `a file says first what its type is for`() throws {
        for file in try SourceFile.all() {
            let first = file.lines.first { line in
                let isImport = line.contains("import ") && !line.hasPrefix("/")
                let isPlain =
                    line.isEmpty || line.hasPrefix("#") || (line.hasPrefix("//") && !line.hasPrefix("///"))
                return !isImport && !isPlain
            }
            // Nil is a file without a declaration yet.
            #expect(first?.hasPrefix("///") ?? true, "\(file) begins with: \(first ?? "")")
        }
    }

    /// Longer than a file should be, and why.
    private static let longFiles = [
        "Sources/App/Settings/Setting+Catalogue.swift": "every setting, once, with its text",
        "Sources/Domain/Rejection.swift": "every reason for a refusal, and how each is told",
        "Sources/Gateway/BodyPeek.swift": "one pass over a body, whose keys are read in one place",
        "Sources/Gateway/JSONScanner.swift": "one machine, whose states share the place it has reached",
        "Sources/Gateway/Metering/UsageScanner.swift": "one machine, whose states share what it has read",
        "Sources/Gateway/Quota/QuotaAccount.swift": "one counter, whose fields nobody else may change",
        "Sources/Upstream/TransferLoop.swift": "one loop, whose lists of transfers nobody else may change",
    ]

    @Test func `a file has at most 300 lines, or a reason`() throws {
        for file in try SourceFile.all() {
            // What stands behind the last line feed is no line.
            let count = file.lines.count - 1
            #expect(count <= 400, "\(file)")
            #expect(
                (count > 300) == (Self.longFiles[file.path] != nil),
                "\(file) has \(count) lines: keep it to 300, or say here why it cannot be cut")
        }
    }

    @Test func `a line has at most 110 columns`() throws {
        for file in try SourceFile.all() {
            for (number, line) in file.lines.enumerated() {
                #expect(line.count <= 110, "\(file):\(number + 1)")
            }
        }
    }
}
