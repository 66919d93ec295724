/// The columns of a table or of a part of its row, in their order. In SQL each has its case's name in snake
/// case.
protocol RecordColumn: RawRepresentable<Int32>, CaseIterable, Sendable {}

extension RecordColumn {
    static var columnNames: [String] { allCases.map { snakeCase("\($0)") } }

    /// `createdAt` is `created_at`, and `start2` is `start_2`.
    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { result, character in
            if character.isUppercase || character.isNumber { result += "_" }
            result += character.lowercased()
        }
    }
}
