package import Domain

/// What a usage report is asked for.
package struct UsageQuery: Hashable, Sendable {
    /// What rows are told apart by, beside the period.
    package enum Dimension: Hashable, Sendable {
        /// The model that was asked for, else the one that answered, else empty.
        case model
        case accessToken, project, endpoint, status
        /// The number of the request's attempt, and where that went: ``AttemptTarget``. A credential is empty
        /// where none was sent.
        case attempt, upstream, credential
        /// The first of the access token's rotations.
        case lineage
        /// As the access token has it now; empty where it has none.
        case owner
        /// The value of the label of this name, in the same way.
        case label(String)

        /// Told by the access token, or by what its record says.
        var isOfAccessToken: Bool {
            switch self {
            case .accessToken, .lineage, .owner, .label: true
            case .model, .project, .endpoint, .status, .attempt, .upstream, .credential: false
            }
        }

        /// A project, or what belongs to one: the sums of the instance do not have it.
        var isOfProject: Bool {
            switch self {
            case .project, .credential: true
            case .model, .accessToken, .endpoint, .status, .attempt, .upstream, .lineage, .owner, .label:
                false
            }
        }

        /// Its names are numbers in decimal, and sorted as such.
        var isNumber: Bool {
            switch self {
            case .status, .attempt: true
            case .model, .accessToken, .project, .endpoint, .upstream, .credential, .lineage, .owner, .label:
                false
            }
        }
    }

    /// `[start, end)`: a month, week, day or hour of some time zone, whose edges the caller has computed.
    package struct Period: Hashable, Sendable {
        package let start: Timestamp
        package let end: Timestamp
        /// Shown for it.
        package let label: String

        package init(start: Timestamp, end: Timestamp, label: String) {
            self.start = start
            self.end = end
            self.label = label
        }
    }

    /// `[from, to)`, by the moment of admission; any millisecond.
    package var from: Timestamp
    package var to: Timestamp
    package var project: ProjectID?
    package var accessToken: AccessTokenID?
    /// nil: all.
    package var accessTokens: Set<AccessTokenID>?
    /// In the order in which rows are sorted by them, each once.
    package var dimensions: [Dimension]
    /// nil: the whole span is one. Else rising, without overlap; what lies in none of them is not counted.
    package var periods: [Period]?
    /// Rows of one page.
    package var limit: Int
    /// The `nextCursor` of the page before.
    package var cursor: String?

    package init(
        from: Timestamp, to: Timestamp, dimensions: [Dimension] = [], periods: [Period]? = nil,
        limit: Int = 1000
    ) {
        self.from = from
        self.to = to
        self.dimensions = dimensions
        self.periods = periods
        self.limit = limit
    }
}
