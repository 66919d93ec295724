import Domain

/// The fields of a request that say who holds an access token and how it is labelled; `null` takes the owner,
/// a label or all labels away.
package struct HolderFields: Codable, Equatable, Sendable {
    package var owner = Given<String>.left
    /// What is not named stays.
    package var labels = Given<[String: String?]>.left

    package init() {}

    static let fields = [Field("owner", mayBeNull: true), Field("labels", mayBeNull: true)]

    /// nil where it was left out, and a nil within for `null`.
    func ownerChange() throws(Problem) -> Label?? {
        switch owner {
        case .left: return nil
        case .null: return .some(nil)
        case .value(let text): return try Label(wire: text, field: "owner")
        }
    }

    /// For what has no owner yet.
    func newOwner() throws(Problem) -> Label? { try ownerChange() ?? nil }

    /// nil where they were left out.
    func labels(changing old: LabelSet) throws(Problem) -> LabelSet? {
        switch labels {
        case .left: return nil
        case .null: return LabelSet()
        case .value(let changes):
            do throws(LabelSet.Malformed) {
                return try old.merging(changes)
            } catch {
                throw Problem(error)
            }
        }
    }

    /// For what has no labels yet.
    func newLabels() throws(Problem) -> LabelSet { try labels(changing: LabelSet()) ?? LabelSet() }
}

extension Problem {
    init(_ error: LabelSet.Malformed) {
        switch error {
        case .name(let name):
            self = .invalidFields([
                FieldError(
                    pointer: Self.pointer(["labels", name]), "a label's name has to be \(LabelSet.nameRule)")
            ])
        case .value(let name):
            self = .invalidFields([
                FieldError(
                    pointer: Self.pointer(["labels", name]), "a label's value has to be \(LabelSet.valueRule)"
                )
            ])
        case .tooMany: self = .invalid("labels", "there may be \(LabelSet.maximum) of them at most")
        }
    }
}
