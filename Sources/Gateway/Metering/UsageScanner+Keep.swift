import Domain

/// What the keys on the path mean, and what becomes of their values.
extension UsageScanner {
    /// The role of the value behind a key. The bytes in front of `end` may be looked at.
    @inline(__always)
    func role(_ base: UnsafePointer<UInt8>, _ key: Int, _ count: Int, _ end: Int) -> Role {
        switch node {
        case .root, .response:
            guard count <= 8, count > 1 else {
                return longRole(UnsafeRawBufferPointer(start: base + key, count: count))
            }
            return role(of: JSONBytes.word(base, key, count: count, end: end), count)
        case .usage: return countRole(UnsafeRawBufferPointer(start: base + key, count: count))
        case .inputDetails, .outputDetails:
            return detailRole(UnsafeRawBufferPointer(start: base + key, count: count))
        case .groq:
            return UnsafeRawBufferPointer(start: base + key, count: count).spells("usage") ? .usage : .none
        case .toolUsage:
            let isOfImages = UnsafeRawBufferPointer(start: base + key, count: count).spells("image_gen")
            return isOfImages ? .imageUsage : .none
        case .outside, .choice: return .none
        }
    }

    /// At the level where the answer's own object is.
    private var isInner: Bool { node == .response || !isWrapped }
    /// Of an event that may be the chunk that was asked for, every key counts.
    private var other: Role {
        isEvent && (kind == .chatCompletions || kind == .completions) ? .extra : .none
    }

    /// The keys of the top level and of `response`, as little-endian words.
    @inline(__always)
    private func role(of word: UInt64, _ count: Int) -> Role {
        switch count {
        case 2:
            guard word == 0x6469 /* id */ else { return other }
            return isInner && objectID.isEmpty ? .objectID : .none
        case 4: return word == 0x6570_7974 /* type */ && node == .root ? .type : other
        case 5:
            switch word {
            case 0x6C_6564_6F6D /* model */: return isInner && model.isEmpty ? .model : .none
            case 0x65_6761_7375 /* usage */: return isInner ? .usage : .none
            case 0x72_6F72_7265 /* error */: return isEvent && node == .root ? .error : .none
            case 0x61_746C_6564 /* delta */: return isEvent && node == .root ? .delta : .none
            default: return other
            }
        case 6:
            switch word {
            case 0x7463_656A_626F /* object */: return kind == .threads ? .object : .none
            case 0x7375_7461_7473 /* status */: return isInner ? .status : .none
            case 0x7475_7074_756F /* output */: return kind == .responses && !isEvent ? .output : other
            case 0x716F_7267_5F78 /* x_groq */: return node == .root && !isWrapped ? .groq : .none
            default: return other
            }
        case 7:
            switch word {
            case 0x73_6563_696F_6863 /* choices */: return isWrapped ? .none : .choices
            case 0x64_6574_6165_7263 /* created */: return .none
            case 0x74_6E65_746E_6F63 /* content */: return isForeign && !isEvent ? .output : other
            case 0x65_6761_7373_656D /* message */: return isForeign && isEvent ? .response : other
            default: return other
            }
        case 8:
            return word == 0x6573_6E6F_7073_6572 /* response */ && node == .root && isWrapped
                ? .response : other
        default: return other
        }
    }

    /// A key of another length. `created`, `object`, `id`, `model`, and of these `system_fingerprint` and
    /// `obfuscation`, are in every chunk of OpenAI's; a chunk of usage may have them.
    private func longRole(_ key: UnsafeRawBufferPointer) -> Role {
        switch key.count {
        case 9 where kind == .threads: key.spells("thread_id") && threadID.isEmpty ? .threadID : other
        case 10 where kind == .responses && isInner:
            key.spells("background") ? .background : key.spells("tool_usage") ? .toolUsage : .none
        case 11: key.spells("obfuscation") ? .none : other
        case 12: key.spells("service_tier") ? isInner ? .tier : .none : other
        case 18: key.spells("system_fingerprint") ? .none : other
        default: other
        }
    }

    private func countRole(_ key: UnsafeRawBufferPointer) -> Role {
        switch key.count {
        case 7: key.spells("seconds") ? .seconds : .none
        case 12:
            key.spells("input_tokens")
                ? .input : key.spells("total_tokens") ? .total : key.spells("service_tier") ? .tier : .none
        case 13:
            key.spells("prompt_tokens")
                ? .prompt
                : key.spells("output_tokens") ? .completion : key.spells("cached_tokens") ? .cached : .none
        case 16: key.spells("reasoning_tokens") ? .reasoning : .none
        case 17:
            key.spells("completion_tokens")
                ? .completion : key.spells("num_cached_tokens") ? .cached : .none
        case 19: key.spells("input_token_details") ? .inputDetails : .none
        case 20:
            key.spells("input_tokens_details") || key.spells("prompt_token_details")
                ? .inputDetails : key.spells("output_token_details") ? .outputDetails : .none
        case 21:
            key.spells("prompt_tokens_details")
                ? .inputDetails : key.spells("output_tokens_details") ? .outputDetails : .none
        case 23:
            key.spells("prompt_cache_hit_tokens")
                ? .cached : key.spells("cache_read_input_tokens") ? .cacheRead : .none
        case 24:
            key.spells("prompt_cache_miss_tokens")
                ? .missed : key.spells("completion_token_details") ? .outputDetails : .none
        case 25: key.spells("completion_tokens_details") ? .outputDetails : .none
        case 27: key.spells("cache_creation_input_tokens") ? .cacheCreation : .none
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
        case .threadID: threadID.replace(with: text, count: count)
        case .status: status = UsageReading.Status(bytes)
        case .type:
            hasExtra = true
            name = count <= EventName.limit ? EventName(bytes, from: kind) : .other
        case .object: isRunStep = bytes.spells("thread.run.step")
        case .tier:
            // Nearly all of them: in each event of a stream.
            if bytes.spells("default") {
                tier = .standard
            } else if let served = ServiceTier(served: bytes) {
                tier = served
            }
        case .extra: if count > 0 { hasExtra = true }
        case .prompt, .input, .completion, .total, .seconds, .cached, .cacheWrite, .missed, .audio, .image,
            .reasoning, .cacheRead, .cacheCreation:
            open.marks.insert(.odd)
            keepWritten(bytes, as: role)
        case .none, .error, .choices, .output, .delta, .response, .usage, .inputDetails, .outputDetails,
            .groq,
            .toolUsage, .imageUsage, .background:
            break
        }
    }

    /// A count that is no plain whole number: what of it can be read, and that it is odd. `null` is as good
    /// as absent.
    func keepWritten(_ text: UnsafeRawBufferPointer, as role: Role) {
        guard !text.spells("null") else { return }
        guard let count = role == .seconds ? WireNumber.thousandths(text) : WireNumber.count(text) else {
            open.marks.insert(.odd)
            return
        }
        keep(count, as: role)
        if role != .seconds, !WireNumber.isWhole(text) { open.marks.insert(.odd) }
    }

    /// A number that was read.
    func keep(_ count: Int64, as role: Role) {
        let isInput = node == .inputDetails
        switch role {
        case .prompt:
            open.keep(count, in: .prompt)
            if count > 0 { open.marks.insert(.promptName) }
        case .input: open.keep(count, in: .prompt)
        case .completion: open.keep(count, in: .completion)
        case .total: open.keep(count, in: .total)
        case .seconds: open.keep(count, in: .duration)
        case .cached: open.keep(count, in: .cached)
        case .missed: open.keep(count, in: .missed)
        case .cacheWrite: open.keep(count, in: .cacheWrite)
        case .cacheRead:
            open.keep(count, in: .cached)
            open.marks.insert(.cacheApart)
        case .cacheCreation:
            open.keep(count, in: .cacheWrite)
            open.marks.insert(.cacheApart)
        case .audio: open.keep(count, in: isInput ? .audioPrompt : .audioCompletion)
        case .image: open.keep(count, in: isInput ? .imagePrompt : .imageCompletion)
        case .reasoning: open.keep(count, in: .reasoning)
        case .none, .key, .model, .objectID, .threadID, .status, .type, .object, .tier, .error, .choices,
            .output,
            .delta,
            .response, .usage, .inputDetails, .outputDetails, .groq, .toolUsage, .imageUsage, .extra,
            .background:
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
