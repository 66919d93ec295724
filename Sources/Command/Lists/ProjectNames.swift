import Admin

/// The names of the projects that a table is about; people know projects by name.
struct ProjectNames {
    private var names: [String: String] = [:]

    static let none = ProjectNames()

    private init() {}

    init(_ names: [String: String]) { self.names = names }

    /// Asks for no more than it takes. One that cannot be found out is shown by its id.
    init(of ids: [String], _ client: ManagementClient) {
        var missing = Set(ids)
        if missing.count == 1, let id = missing.first {
            let answer = try? client.send("GET", ProjectCommand.path(id))
            guard let answer, let project = try? client.decode(ProjectResource.self, from: answer) else {
                return
            }
            names[id] = project.name
            return
        }
        var cursor: String?
        while !missing.isEmpty {
            let rest = cursor.map { "&cursor=" + ManagementClient.escape($0) } ?? ""
            guard let answer = try? client.send("GET", "/manage/projects?limit=500" + rest),
                let page = try? client.decode(PageResource<ProjectResource>.self, from: answer)
            else { return }
            for project in page.items where missing.remove(project.id) != nil {
                names[project.id] = project.name
            }
            guard let next = page.nextCursor else { return }
            cursor = next
        }
    }

    /// The name; the id where that is unknown.
    subscript(id: String) -> String { names[id] ?? id }

    /// Name and id, for one thing's own table.
    func full(_ id: String) -> String { names[id].map { "\($0) (\(id))" } ?? id }
}
