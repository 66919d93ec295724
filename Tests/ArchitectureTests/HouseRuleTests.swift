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
}
