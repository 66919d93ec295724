import Domain
import Foundation
import HTTPTypes
import Storage
import Vault

/// Strong entity tags (RFC 9110, 8.8.3): of what was set of a resource, not of what changes by itself.
enum EntityTag {
    /// Quoted, as it stands in `ETag`.
    static func of(_ resource: some TaggedResource) throws -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = Fingerprint.bytes(of: try Answer.encode(resource.lasting)).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
        return "\"" + String(decoding: text, as: UTF8.self) + "\""
    }

    /// That of what is stored, as it is shown; nil if there is no such price.
    static func of(_ resource: IfMatch.Resource, prices: PriceControl) throws -> String? {
        switch resource {
        case .project(let project, let active, let limits):
            try of(ProjectResource(project, active, limits: limits.map { LimitState(unused: $0.limit) }))
        case .accessToken(let accessToken, let limits):
            try of(
                AccessTokenResource(
                    accessToken, limits: limits.map { LimitState(unused: $0.limit) },
                    at: accessToken.createdAt))
        case .credential(let credential): try of(CredentialResource(credential))
        case .price(let model, let records):
            try prices.current.taking(records).entry(of: model).map { try of(PriceResource($0)) }
        }
    }

    /// nil without `If-Match`, and a nil within for `*`: any.
    static func ifMatch(in headers: HTTPFields) throws(Problem) -> Set<String>?? {
        let values = headers[values: .ifMatch]
        guard !values.isEmpty else { return nil }
        let text = values.joined(separator: ",").trimmingCharacters(in: .whitespaces)
        guard text != "*" else { return .some(nil) }
        var tags: Set<String> = []
        var rest = Array(text.utf8)[...]
        repeat {
            // A weak tag is well-formed, and never the same as a strong one.
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == 0x22, let end = rest.dropFirst().firstIndex(of: 0x22) else {
                throw .invalidFields([
                    .init(pointer: "If-Match", "it has to be an ETag in its quotes, a list of them, or *")
                ])
            }
            if !isWeak { tags.insert(String(decoding: rest[...end], as: UTF8.self)) }
            rest = rest[(end + 1)...].drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }
        } while !rest.isEmpty
        return tags
    }
}

extension LimitState {
    /// What is used of it is no part of a tag, nor whose it is.
    fileprivate init(unused limit: Limit) {
        self.init(
            owner: .project, limit: limit, allowance: limit.amount, used: 0, reserved: 0, resetsAt: nil)
    }
}
