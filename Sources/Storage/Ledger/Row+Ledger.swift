import Domain
import Foundation
import GRDB

/// Rows of the ledger and of its counters become values here.
extension Row {
    func ledgerRow() throws -> LedgerRow {
        let accounts = try optional("accounts", as: Data.self).map { AccountPeriods(bytes: Array($0)) } ?? []
        guard let accounts else { throw StoreError.corrupt }
        var row = LedgerRow(
            id: LedgerID(rawValue: try value("id")), admittedAt: try moment("admitted_at"),
            project: try parsed("project") { ProjectID($0) },
            accessToken: try parsed("access_token") { AccessTokenID($0) },
            lineage: try parsed("lineage") { AccessTokenID($0) }, endpoint: try value("endpoint"),
            client: try parsed("client") { ClientClass(rawValue: $0) },
            modelAsked: try ledgerText("model_asked"), priceVersion: try value("price_version"),
            accounts: accounts, outcome: try value("outcome"),
            charge: Charge(
                requests: try value("requests"), tokens: try value("tokens"),
                cost: Money(nanoUSD: try value("cost"))),
            accuracy: try parsed("accuracy") { Accuracy(rawValue: $0) })
        row.modelAnswered = try ledgerText("model_answered")
        row.status = try value("status")
        row.durationNanoseconds = try value("duration_ns")
        row.firstByteNanoseconds = try value("first_byte_ns")
        row.upstreamRequestID = try ledgerText("upstream_request")
        row.objectID = try ledgerText("object")
        row.usage = try usage()
        return row
    }

    private func ledgerText(_ column: String) throws -> LedgerText? {
        try optional(column, as: String.self).map { LedgerText($0) }
    }

    private func usage() throws -> Usage {
        var usage = Usage(prompt: try value("prompt"), completion: try value("completion"))
        usage.cachedPrompt = try value("cached_prompt")
        usage.cacheWritePrompt = try value("cache_write_prompt")
        usage.audioPrompt = try value("audio_prompt")
        usage.imagePrompt = try value("image_prompt")
        usage.reasoning = try value("reasoning")
        usage.audioCompletion = try value("audio_completion")
        usage.imageCompletion = try value("image_completion")
        usage.audioMilliseconds = try value("audio_ms")
        return usage
    }

    func limitAccount() throws -> LimitAccount {
        let id = try parsed("identity") { try? LimitID(parsing: $0) }
        return LimitAccount(
            owner: try value("owner"),
            record: LimitRecord(
                account: try value("account"), limit: Limit(id, amount: Swift.max(0, try number("amount"))),
                start: Timestamp(milliseconds: try number("start")), used: try number("used"),
                credit: Swift.max(0, try number("credit")), others: try limitCounters()),
            bases: try CounterPlace.allCases.compactMap {
                try optional("base\($0.rawValue)", as: DatabaseValue.self) == nil
                    ? nil : try number("base\($0.rawValue)")
            })
    }

    private func limitCounters() throws -> [LimitCounter] {
        try [CounterPlace.second, .third].map(\.rawValue).compactMap { place in
            guard try optional("start\(place)", as: Int64.self) != nil else { return nil }
            return LimitCounter(
                start: Timestamp(milliseconds: try number("start\(place)")), used: try number("used\(place)"),
                credit: Swift.max(0, try number("credit\(place)")))
        }
    }

    /// Saturates: a sum that got too large for its column is kept as one of floating point.
    private func number(_ column: String) throws -> Int64 {
        let stored: DatabaseValue = try value(column)
        guard case .double(let sum) = stored.storage else { return try value(column) }
        guard !sum.isNaN else { throw StoreError.corrupt }
        return Int64(exactly: sum.rounded()) ?? (sum < 0 ? .min : .max)
    }
}
