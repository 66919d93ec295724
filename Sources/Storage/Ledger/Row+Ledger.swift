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
        let amount: Int64 = try value("amount")
        guard amount >= 0 else { throw StoreError.corrupt }
        return LimitAccount(
            owner: try value("owner"),
            record: LimitRecord(
                account: try value("account"), limit: Limit(id, amount: amount), start: try moment("start"),
                used: try value("used"), credit: try value("credit")),
            base: try value("base"))
    }
}
