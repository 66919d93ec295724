import Domain

/// What the keys on the path mean, and what becomes of their values.
extension UsageScanner {
    /// The role of the value behind a key. The bytes in front of `end` may be looked at.
    @inline(__always)
    func role(_ base: UnsafePointer<UInt8>, _ key: Int, _ count: Int, _ end: Int) -> Role {
        switch node {
        case .root, .response:
            guard count <= 8, count > 1 else {
                let isBackground = count == 10 && isInner && kind == .responses
                let name = UnsafeRawBufferPointer(start: base + key, count: count)
                return isBackground && name.spells("background") ? .background : .none
            }
            return role(of: JSONBytes.word(base, key, count: count, end: end), count)
        case .usage: return countRole(UnsafeRawBufferPointer(start: base + key, count: count))
        case .inputDetails, .outputDetails:
            return detailRole(UnsafeRawBufferPointer(start: base + key, count: count))
        case .outside: return .none
        }
    }

    /// At the level where the answer's own object is.
    private var isInner: Bool { node == .response || !isWrapped }

    /// The keys of the top level and of `response`, as little-endian words.
    @inline(__always)
    private func role(of word: UInt64, _ count: Int) -> Role {
        switch count {
        case 2: return word == 0x6469 /* id */ && isInner && objectID.isEmpty ? .objectID : .none
        case 4: return word == 0x6570_7974 /* type */ && node == .root ? .type : .none
        case 5:
            switch word {
            case 0x6C_6564_6F6D /* model */: return isInner && model.isEmpty ? .model : .none
            case 0x65_6761_7375 /* usage */: return isInner ? .usage : .none
            case 0x72_6F72_7265 /* error */: return isEvent && node == .root ? .error : .none
            case 0x61_746C_6564 /* delta */: return isEvent && node == .root ? .delta : .none
            default: return .none
            }
        case 6:
            switch word {
            case 0x7375_7461_7473 /* status */: return isInner ? .status : .none
            case 0x7463_656A_626F /* object */: return kind == .threads ? .object : .none
            default: return .none
            }
        case 7: return word == 0x73_6563_696F_6863 /* choices */ && !isWrapped ? .choices : .none
        case 8:
            return word == 0x6573_6E6F_7073_6572 /* response */ && node == .root && isWrapped
                ? .response : .none
        default: return .none
        }
    }

    private func countRole(_ key: UnsafeRawBufferPointer) -> Role {
        switch key.count {
        case 7: key.spells("seconds") ? .seconds : .none
        case 12: key.spells("input_tokens") ? .prompt : .none
        case 13: key.spells("prompt_tokens") ? .prompt : key.spells("output_tokens") ? .completion : .none
        case 17: key.spells("completion_tokens") ? .completion : .none
        case 19: key.spells("input_token_details") ? .inputDetails : .none
        case 20:
            key.spells("input_tokens_details")
                ? .inputDetails : key.spells("output_token_details") ? .outputDetails : .none
        case 21:
            key.spells("prompt_tokens_details")
                ? .inputDetails : key.spells("output_tokens_details") ? .outputDetails : .none
        case 25: key.spells("completion_tokens_details") ? .outputDetails : .none
        default: .none
        }
    }

    private func detailRole(_ key: UnsafeRawBufferPointer) -> Role {
        let isInput = node == .inputDetails
        switch key.count {
        case 12: return key.spells("audio_tokens") ? .audio : key.spells("image_tokens") ? .image : .none
        case 13: return isInput && key.spells("cached_tokens") ? .cached : .none
        case 16: return !isInput && key.spells("reasoning_tokens") ? .reasoning : .none
        case 18: return isInput && key.spells("cache_write_tokens") ? .cacheWrite : .none
        default: return .none
        }
    }

    /// A string that was read; it holds no escapes any more.
    func keep(_ text: UnsafePointer<UInt8>, _ count: Int, as role: Role) {
        let bytes = UnsafeRawBufferPointer(start: text, count: count)
        switch role {
        case .key:
            let isPlain = count <= 32 && !bytes.contains(0)
            self.role = isPlain ? self.role(text, 0, count, count) : .none
        case .model: model.replace(with: text, count: count)
        case .objectID: objectID.replace(with: text, count: count)
        case .status: status = UsageReading.Status(bytes)
        case .type: name = count <= EventName.limit ? EventName(bytes, from: kind) : .other
        case .object: isRunStep = bytes.spells("thread.run.step")
        case .none, .error, .choices, .delta, .response, .usage, .inputDetails, .outputDetails, .prompt,
            .completion, .seconds, .cached, .cacheWrite, .audio, .image, .reasoning, .background:
            break
        }
    }

    /// A number that was read.
    func keep(_ count: Int64, as role: Role) {
        let isInput = node == .inputDetails
        switch role {
        case .prompt:
            usage.prompt = count
            hasCount = true
        case .completion:
            usage.completion = count
            hasCount = true
        case .seconds:
            usage.audioMilliseconds = count
            hasCount = true
        case .cached: usage.cachedPrompt = count
        case .cacheWrite: usage.cacheWritePrompt = count
        case .audio: if isInput { usage.audioPrompt = count } else { usage.audioCompletion = count }
        case .image: if isInput { usage.imagePrompt = count } else { usage.imageCompletion = count }
        case .reasoning: usage.reasoning = count
        case .none, .key, .model, .objectID, .status, .type, .object, .error, .choices, .delta, .response,
            .usage, .inputDetails, .outputDetails, .background:
            break
        }
    }
}

extension UsageReading.Status {
    /// As responses, batches and runs spell it.
    fileprivate init?(_ text: UnsafeRawBufferPointer) {
        if text.spells("completed") {
            self = .completed
        } else if text.spells("failed") {
            self = .failed
        } else if text.spells("incomplete") {
            self = .incomplete
        } else if text.spells("cancelled") {
            self = .cancelled
        } else if text.spells("expired") {
            self = .expired
        } else if text.spells("in_progress") || text.spells("queued") || text.spells("validating")
            || text.spells("finalizing") || text.spells("cancelling") || text.spells("requires_action")
        {
            self = .inProgress
        } else {
            return nil
        }
    }
}
