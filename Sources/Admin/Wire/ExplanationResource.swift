/// What would become of a request now, and why.
package struct ExplanationResource: Codable, Equatable, Sendable {
    /// True where nothing stands against it.
    package var admitted: Bool
    /// What it would take of its limits at most.
    package var tokens: Int64
    package var costUSD: String
    package var refusals: [Refusal]

    package struct Refusal: Codable, Equatable, Sendable {
        /// A stable name, as in `x-latchkey-error`.
        package var reason: String
        /// The status and the words that the request would be answered with.
        package var status: Int
        package var message: String
        /// The limit that refuses; nil where it is none.
        package var limit: String?
        /// Whose limit: `access_token` or `project`.
        package var owner: String?
        package var resetsAt: String?
        package var retryAfterMilliseconds: Int64?

        package enum CodingKeys: String, CodingKey {
            case reason, status, message, limit, owner
            case resetsAt = "resets_at"
            case retryAfterMilliseconds = "retry_after_ms"
        }
    }

    package enum CodingKeys: String, CodingKey {
        case admitted, tokens, refusals
        case costUSD = "cost_usd"
    }
}

/// `POST /manage/tokens/{id}/explain`: `tokens`, or the two parts of them. What is left out is 0, and the
/// cost goes by the model's price.
package struct ExplainRequest: RequestBody {
    package static let fields: [Field] = [
        "model", "endpoint", "tokens", "prompt_tokens", "max_output_tokens", "cost_usd",
    ]
    package static let mayBeLeftOut = true
    package var model: String?
    package var endpoint: String?
    package var tokens: Int64?
    package var promptTokens: Int64?
    package var maxOutputTokens: Int64?
    package var costUSD: String?

    package init(
        model: String? = nil, endpoint: String? = nil, tokens: Int64? = nil, promptTokens: Int64? = nil,
        maxOutputTokens: Int64? = nil, costUSD: String? = nil
    ) {
        self.model = model
        self.endpoint = endpoint
        self.tokens = tokens
        self.promptTokens = promptTokens
        self.maxOutputTokens = maxOutputTokens
        self.costUSD = costUSD
    }

    package enum CodingKeys: String, CodingKey {
        case model, endpoint, tokens
        case promptTokens = "prompt_tokens"
        case maxOutputTokens = "max_output_tokens"
        case costUSD = "cost_usd"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        model = try container.decodeIfPresent(String.self, forKey: .model)
        endpoint = try container.decodeIfPresent(String.self, forKey: .endpoint)
        tokens = try Self.count(container, .tokens)
        promptTokens = try Self.count(container, .promptTokens)
        maxOutputTokens = try Self.count(container, .maxOutputTokens)
        costUSD = try container.decodeIfPresent(String.self, forKey: .costUSD)
    }

    /// The decoder tells of a number that is none of our type without saying where it stands.
    private static func count(
        _ container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws -> Int64? {
        do {
            return try container.decodeIfPresent(Int64.self, forKey: key)
        } catch let error as DecodingError {
            throw error
        } catch {
            throw Problem.invalid(key.rawValue, "it has to be a whole number")
        }
    }
}
