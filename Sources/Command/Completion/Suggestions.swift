import Admin
import App
import Foundation

/// What the server has that an argument may name. A shell waits for it with every press of the tab key, so it
/// takes a second at most, and whatever goes wrong (no key, no server, another's server) is an empty list.
enum Suggestions {
    /// The newest of a list, at most one page. `path` may have a query.
    static func items<Item: Codable & Sendable>(
        _: Item.Type, _ path: String, isPaged: Bool = true
    ) -> [Item] {
        guard let settings = try? ClientSettings(from: SettingsSource.current()), let key = settings.adminKey
        else { return [] }
        let query = isPaged ? (path.contains("?") ? "&" : "?") + "limit=500" : ""
        var transfer = HTTPTransfer(method: "GET", url: settings.url.description + path + query, key: key)
        transfer.isBrief = true
        guard let answer = try? transfer.perform(), answer.status == 200,
            let page = try? JSONDecoder().decode(Items<Item>.self, from: answer.body)
        else { return [] }
        return page.items
    }

    /// Values that begin with `begun`, a list with commas that is not finished.
    static func continuing(_ begun: String, with words: [String]) -> [String] {
        let done = begun.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
        let front = done.map { $0 + "," }.joined()
        return words.filter { !done.contains($0) }.map { front + $0 }
    }

    /// Of any list: all have `items`.
    private struct Items<Item: Decodable>: Decodable {
        let items: [Item]
    }
}
