import Domain
import Foundation
import Hummingbird
import Storage

/// `/manage/prices`: what models cost. `{model}` is its name, percent-encoded where it has a slash.
struct PriceRoutes {
    let prices: PriceControl

    var routes: [Route] {
        [
            Route(.get, "/manage/prices", .management(.read, list)),
            Route(.get, "/manage/prices/{model}", .management(.read, show)),
            Route(
                .put, "/manage/prices/{model}", .management(.admin, of: .instance, set), takesIfMatch: true),
            Route(
                .delete, "/manage/prices/{model}", .management(.admin, of: .instance, remove),
                takesIfMatch: true),
        ]
    }

    private func list(_ call: AdminCall, by _: Operator) async throws -> Response {
        let parameters = try call.query(PageQuery.names.union(["model", "q", "sort"]))
        let query = try PageQuery(parameters)
        var pattern: ModelPattern?
        if let text = parameters["model"] {
            guard let read = ModelPattern(text) else {
                throw Problem.invalidFields([.init(pointer: "?model", "it has to be \(ModelPattern.rule)")])
            }
            pattern = read
        }
        let current = prices.current
        var entries = current.entries(matching: pattern)[...]
        if let text = parameters["q"]?.lowercased(), !text.isEmpty {
            entries = entries.filter { $0.model.lowercased().contains(text) }[...]
        }
        let isDescending = try Self.isDescending(parameters["sort"])
        if isDescending { entries = entries.reversed()[...] }
        if let cursor = query.cursor {
            entries = entries.drop { isDescending ? $0.model >= cursor : $0.model <= cursor }
        }
        let page = entries.prefix(query.limit)
        return try Answer.json(
            PriceListResource(
                version: current.table.version, source: current.table.source, date: current.table.date,
                items: page.map { PriceResource($0) },
                nextCursor: page.count < entries.count ? page.last?.model : nil))
    }

    private static func isDescending(_ sort: String?) throws(Problem) -> Bool {
        switch sort {
        case nil, "model": return false
        case "-model": return true
        default: throw .invalidParameter("sort", "it has to be model or -model")
        }
    }

    private func show(_ call: AdminCall, by _: Operator) async throws -> Response {
        try answer(Self.model(call), prices.current)
    }

    private func set(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let model = try Self.model(call)
        let body = try await call.json()
        let price: ModelPrice
        do throws(PriceDocument.Invalid) {
            price = try PriceDocument.price(parsing: body)
        } catch {
            guard error.fault != .notJSON, !error.pointer.isEmpty else { throw Problem.malformedBody }
            throw Problem.invalidFields([.init(pointer: error.pointer, "it \(error.fault.rawValue)")])
        }
        return try await answer(model, prices.set(price, of: model, by: caller.context))
    }

    /// Back to the shipped price, or to none where none is shipped; with `?unpriced=true` to none in any
    /// case.
    private func remove(_ call: AdminCall, by caller: Operator) async throws -> Response {
        let model = try Self.model(call)
        let parameters = try call.query(["unpriced"])
        let isUnpriced = try parameters.flag("unpriced") ?? false
        guard prices.current.entry(of: model) != nil else { throw Problem.noSuch(.price) }
        let list =
            isUnpriced
            ? try await prices.remove(model, by: caller.context)
            : try await prices.reset(model, by: caller.context)
        guard list.entry(of: model) != nil else {
            return try Answer.json(PriceResource(model: model, origin: PriceList.Origin.removed.rawValue))
        }
        return try answer(model, list)
    }

    private func answer(_ model: String, _ list: PriceList) throws -> Response {
        guard let entry = list.entry(of: model) else { throw Problem.noSuch(.price) }
        return try Answer.json(PriceResource(entry))
    }

    /// A name that a request can have and a ledger row keeps whole.
    private static func model(_ call: AdminCall) throws(Problem) -> String {
        guard let model = call.parameter("model").removingPercentEncoding,
            (1...LedgerText.limit).contains(model.utf8.count),
            model.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else {
            throw Problem(
                "not_found", "Not found", status: 404,
                detail: "A model's name has 1 to \(LedgerText.limit) bytes, and no spaces.")
        }
        return model
    }
}

extension PriceResource {
    init(_ entry: PriceList.Entry) {
        self.init(
            model: entry.model, origin: entry.origin.rawValue,
            price: entry.price.flatMap { try? JSONValue(parsing: Array(PriceDocument.text(of: $0).utf8)) })
    }
}
