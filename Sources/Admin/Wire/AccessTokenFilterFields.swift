import Domain

/// Which access tokens are meant, in a request's body or in the query of a list: those that fit all that is
/// given.
package struct AccessTokenFilterFields: Codable, Equatable, Sendable {
    /// A project's id or name.
    package var project: String?
    /// `active`, `suspended`, `expired` or `revoked`.
    package var status: String?
    package var owner: String?
    /// `team:search`.
    package var label: String?
    /// With `*` and `?`.
    package var name: String?
    /// RFC 3339.
    package var unusedSince: String?
    /// Stands somewhere in the name or the owner, or is the id.
    package var text: String?
    /// Only honey tokens, or only others.
    package var honey: Bool?

    package init() {}

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case project, status, owner, label, name, honey
        case unusedSince = "unused_since"
        case text = "q"
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(from decoder: any Decoder) throws {
        try Field.refuseOthers(than: Self.names, in: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        project = try container.decodeIfPresent(String.self, forKey: .project)
        status = try container.decodeIfPresent(String.self, forKey: .status)
        owner = try container.decodeIfPresent(String.self, forKey: .owner)
        label = try container.decodeIfPresent(String.self, forKey: .label)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        unusedSince = try container.decodeIfPresent(String.self, forKey: .unusedSince)
        text = try container.decodeIfPresent(String.self, forKey: .text)
        honey = try container.decodeIfPresent(Bool.self, forKey: .honey)
    }

    /// Of a list's query.
    init(query: [String: String]) throws(Problem) {
        project = query["project"]
        status = query["status"]
        owner = query["owner"]
        label = query["label"]
        name = query["name"]
        unusedSince = query["unused_since"]
        text = query["q"]
        honey = try query.flag("honey")
    }

    /// `project` is looked up by the caller. `pointer` says where a field stands, by its name.
    func filter(_ project: ProjectID?, pointer: (String) -> String) throws(Problem) -> AccessTokenFilter {
        func parsed<Value>(
            _ text: String?, _ key: CodingKeys, rule: String, _ parse: (String) -> Value?
        ) throws(Problem) -> Value? {
            guard let text else { return nil }
            guard let value = parse(text) else {
                throw .invalidFields([.init(pointer: pointer(key.rawValue), "it has to be \(rule)")])
            }
            return value
        }
        var filter = AccessTokenFilter(project: project)
        let statuses = AccessToken.Status.allCases.map(\.rawValue).joined(separator: ", ")
        filter.status = try parsed(status, .status, rule: "one of \(statuses)") {
            AccessToken.Status(rawValue: $0)
        }
        filter.owner = try parsed(owner, .owner, rule: Label.rule) { Label($0) }
        filter.label = try parsed(label, .label, rule: "a label's name, a colon and its value") {
            AccessTokenFilter.LabelValue($0)
        }
        filter.name = try parsed(name, .name, rule: AccessTokenFilter.NamePattern.rule) {
            AccessTokenFilter.NamePattern($0)
        }
        filter.unusedSince = try parsed(
            unusedSince, .unusedSince, rule: "an RFC 3339 time, as 2030-01-31T12:00:00Z"
        ) { Timestamp(rfc3339: $0) }
        filter.text = try parsed(text, .text, rule: AccessTokenFilter.SearchText.rule) {
            AccessTokenFilter.SearchText(ListQuery.text($0))
        }
        filter.isHoney = honey
        return filter
    }
}
