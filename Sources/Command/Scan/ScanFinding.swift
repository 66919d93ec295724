import Domain
import Vault

/// Where a credential stands. Never holds more of it than its public id.
struct ScanFinding: Encodable, Equatable {
    enum Place: Equatable {
        /// In a file or another text.
        case text
        /// In the name of a file or folder.
        case name
        case commitMessage, tagMessage
        /// In a file of this hash that no commit has.
        case looseObject(String)
    }

    /// Of a find in a git repository.
    struct Origin: Equatable {
        let repository: String
        /// Its whole hash; nil where no commit has it. Of a tag, the tag's.
        var commit: String?
        var author: GitAuthor?
        /// Whether the file that is checked out still has it; nil where that is not asked.
        var isInWorkTree: Bool?
    }

    let credential: FoundCredential
    /// The file, or the repository.
    let path: String
    /// From 1; nil where there are no lines.
    let line: Int?
    let place: Place
    let origin: Origin?

    private enum CodingKeys: String, CodingKey {
        case kind, id, path, line, place, repository, commit, author, date, object
        case isInWorkTree = "in_working_tree"
    }

    init(
        _ credential: FoundCredential, path: String, line: Int?, place: Place = .text, origin: Origin? = nil
    ) {
        self.credential = credential
        self.path = FoundCredential.redacted(path)
        self.line = line
        self.place = place
        self.origin = origin
    }

    /// `path:line: access token lk_<id>_…`, and where it is from git which commit brought it.
    var text: String {
        let location = place == .text ? line.map { "\(path):\($0)" } ?? path : path
        return "\(location): \(credential.text)\(placeText)\(originText)"
    }

    private var placeText: String {
        switch place {
        case .text: ""
        case .name: " in its name"
        case .commitMessage: " in the message"
        case .tagMessage: " in the message of tag \(origin?.commit?.prefix(12) ?? "?")"
        case .looseObject(let hash): " in a file that no commit has (blob \(hash.prefix(12)))"
        }
    }

    private var originText: String {
        guard let origin else { return "" }
        var text = ""
        if place != .tagMessage, let commit = origin.commit { text += ", commit \(commit.prefix(12))" }
        if let author = origin.author { text += " by \(author.name), \(Moment.text(author.date.rfc3339))" }
        switch origin.isInWorkTree {
        case true?: text += ", still in the working tree"
        case false?: text += ", no longer in the working tree"
        case nil: break
        }
        return text
    }

    /// What there is not is written as `null`.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(credential.name, forKey: .kind)
        try container.encode(credential.id, forKey: .id)
        try container.encode(path, forKey: .path)
        try container.encode(line, forKey: .line)
        try container.encode(placeName, forKey: .place)
        try container.encode(origin?.repository, forKey: .repository)
        try container.encode(place == .tagMessage ? nil : origin?.commit, forKey: .commit)
        try container.encode(object, forKey: .object)
        try container.encode(origin?.author?.name, forKey: .author)
        try container.encode(origin?.author?.date.rfc3339, forKey: .date)
        try container.encode(origin?.isInWorkTree, forKey: .isInWorkTree)
    }

    private var placeName: String {
        switch place {
        case .text: "text"
        case .name: "name"
        case .commitMessage: "commit_message"
        case .tagMessage: "tag_message"
        case .looseObject: "loose_object"
        }
    }

    /// The git object that is none of a commit's files.
    private var object: String? {
        switch place {
        case .text, .name, .commitMessage: nil
        case .tagMessage: origin?.commit
        case .looseObject(let hash): hash
        }
    }
}
