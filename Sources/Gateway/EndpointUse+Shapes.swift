/// The paths of each family of endpoints, by OpenAI's description of its API: which of them use a model, and
/// which are free. A path that is not listed is ``other``.
extension EndpointUse {
    @Sendable static func chat(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 2: EndpointUse(.chat)
        // What is kept of a completion is labelled at its path, but nothing tells an id from other words.
        default: .other
        }
    }

    @Sendable static func response(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1: EndpointUse(.response)
        case 2 where path.lastMatches("compact"): EndpointUse(.response)
        case 2 where path.lastMatches("input_tokens"): .free
        case 3 where path.lastMatches("cancel"): .free
        default: .other
        }
    }

    @Sendable static func image(_ path: PathSegments) -> EndpointUse {
        guard path.count == 2 else { return .other }
        if path.lastMatches("generations") { return EndpointUse(.image) }
        return path.lastMatches("edits") || path.lastMatches("variations") ? EndpointUse(.imageEdit) : .other
    }

    @Sendable static func audio(_ path: PathSegments) -> EndpointUse {
        guard path.count == 2 else { return .other }
        if path.lastMatches("speech") { return EndpointUse(.speech) }
        let isHeard = path.lastMatches("transcriptions") || path.lastMatches("translations")
        return isHeard ? EndpointUse(.transcription) : .other
    }

    @Sendable static func upload(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1: .free
        case 3 where path.lastMatches("parts") || path.lastMatches("complete") || path.lastMatches("cancel"):
            .free
        default: .other
        }
    }

    @Sendable static func batches(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1: .batch
        case 3 where path.lastMatches("cancel"): .free
        default: .other
        }
    }

    /// An assistant is free, and has a model that its runs use.
    @Sendable static func assistant(_ path: PathSegments) -> EndpointUse {
        path.count <= 2 ? EndpointUse(.free, legible: [.cost, .tokens]) : .other
    }

    /// Threads, messages and labels are free; what begins or goes on with a run is not.
    @Sendable static func thread(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1: .free
        case 2: path.lastMatches("runs") ? .run : .free
        case 3 where path.lastMatches("runs"): .run
        case 3 where path.lastMatches("messages"): .free
        case 4 where path.matches(2, "messages") || path.matches(2, "runs"): .free
        case 5 where path.matches(2, "runs") && path.lastMatches("cancel"): .free
        case 5 where path.matches(2, "runs") && path.lastMatches("submit_tool_outputs"): .runContinued
        default: .other
        }
    }

    /// Calls that are ended are free; all else begins something that is charged outside of HTTP.
    @Sendable static func realtime(_ path: PathSegments) -> EndpointUse {
        guard path.count == 4, path.matches(1, "calls") else { return .other }
        let isEnd = path.lastMatches("hangup") || path.lastMatches("reject") || path.lastMatches("refer")
        return isEnd ? .free : .other
    }

    @Sendable static func chatkit(_ path: PathSegments) -> EndpointUse {
        path.count == 4 && path.matches(1, "sessions") && path.lastMatches("cancel") ? .free : .other
    }

    /// A container is charged for by time.
    @Sendable static func container(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1: EndpointUse(.free, legible: [.model, .tokens])
        case 3 where path.lastMatches("files"): .free
        default: .other
        }
    }

    @Sendable static func conversation(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1, 2: .free
        case 3 where path.lastMatches("items"): .free
        default: .other
        }
    }

    @Sendable static func eval(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        // Its criteria have models of their own.
        case 1: .unbounded
        case 2: .free
        case 3 where path.lastMatches("runs"): .unbounded
        case 4 where path.matches(2, "runs"): .free
        default: .other
        }
    }

    @Sendable static func skill(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1, 2: .free
        case 3 where path.lastMatches("versions"): .free
        default: .other
        }
    }

    @Sendable static func vectorStore(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1, 2: .free
        case 3 where path.lastMatches("search") || path.lastMatches("files"): .free
        case 3 where path.lastMatches("file_batches"): .free
        case 4 where path.matches(2, "files"): .free
        case 5 where path.matches(2, "file_batches") && path.lastMatches("cancel"): .free
        default: .other
        }
    }

    @Sendable static func fineTuning(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        // As many tokens as its file has.
        case 2 where path.matches(1, "jobs"): EndpointUse(.other, legible: .model)
        case 4 where path.matches(1, "jobs"):
            path.lastMatches("cancel") || path.lastMatches("pause") || path.lastMatches("resume")
                ? .free : .other
        case 4 where path.matches(2, "graders") && path.lastMatches("validate"): .free
        default: .other
        }
    }

    @Sendable static func message(_ path: PathSegments) -> EndpointUse {
        switch path.count {
        case 1: .generation
        case 2 where path.lastMatches("count_tokens"): .free
        case 2 where path.lastMatches("batches"): .batch
        case 4 where path.matches(1, "batches") && path.lastMatches("cancel"): .free
        default: .other
        }
    }
}
