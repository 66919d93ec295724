/// All that one `token scan` found, and what it looked at.
struct ScanReport: Encodable {
    /// A repository whose history was gone through.
    struct History: Encodable {
        let repository: String
        let commits: Int
        let isShallow: Bool

        private enum CodingKeys: String, CodingKey {
            case repository, commits
            case isShallow = "shallow"
        }
    }

    private(set) var findings: [ScanFinding] = []
    private(set) var troubles: [ScanTrouble] = []
    private(set) var files = 0
    private(set) var histories: [History] = []

    var commits: Int { histories.reduce(0) { $0 + $1.commits } }

    private enum CodingKeys: CodingKey { case findings, files, commits, histories }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(findings, forKey: .findings)
        try container.encode(files, forKey: .files)
        try container.encode(commits, forKey: .commits)
        try container.encode(histories, forKey: .histories)
    }

    /// - Parameters:
    ///   - paths: files and folders, the git history of folders too where `includesHistory`.
    ///   - repositories: all of their history.
    init(paths: [String], repositories: [String], includesHistory: Bool) {
        var scan = FileScan(includesHistory: includesHistory)
        for path in paths { scan.scan(path) }
        findings = scan.findings
        troubles = scan.troubles
        files = scan.files
        var found: [GitRepository] = []
        for folder in repositories { add(folder, isWhole: true, to: &found) }
        for folder in scan.repositories { add(folder, isWhole: false, to: &found) }
        for repository in found {
            var history = HistoryScan(repository)
            do throws(GitFailure) {
                try history.run()
                histories.append(
                    History(
                        repository: repository.shown, commits: history.commits,
                        isShallow: repository.isShallow))
            } catch {
                troubles.append(error.trouble)
            }
            findings += history.findings
        }
    }

    /// Several folders may be of one repository.
    private mutating func add(_ folder: String, isWhole: Bool, to found: inout [GitRepository]) {
        do throws(GitFailure) {
            let repository = try GitRepository(at: folder, isWhole: isWhole)
            if let index = found.firstIndex(where: { $0.commonFolder == repository.commonFolder }) {
                for part in repository.parts { found[index].add(part) }
            } else {
                found.append(repository)
            }
        } catch {
            let trouble = error.trouble
            if !troubles.contains(trouble) { troubles.append(trouble) }
        }
    }

    /// What was looked at, in a sentence for each thing worth saying. `includesHistory`: it was asked for.
    func summary(includesHistory: Bool) -> [String] {
        let filesText = files == 1 ? "1 file" : "\(files) files"
        let commitsText = commits == 1 ? "1 commit" : "\(commits) commits"
        var sentences: [String] = []
        if !histories.isEmpty {
            sentences.append("Looked at \(filesText) and \(commitsText).")
        } else if includesHistory {
            sentences.append("Looked at \(filesText), and at no git history: none is in a repository.")
        } else {
            sentences.append("Looked at \(filesText), and at no git history.")
        }
        for history in histories where history.isShallow {
            sentences.append(
                "\(history.repository) is a shallow clone: 'git fetch --unshallow' brings the rest of its "
                    + "history."
            )
        }
        return sentences
    }
}
