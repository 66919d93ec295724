import Foundation

/// Whether a `usage` object contradicts itself, found without the code under test.
enum Contradiction {
    static func isIn(_ usage: [String: Any]) -> Bool {
        func number(_ names: String...) -> [Double] {
            names.compactMap { (usage[$0] as? NSNumber)?.doubleValue }
        }
        func detail(_ objects: [String], _ name: String) -> Double {
            objects.compactMap { ((usage[$0] as? [String: Any])?[name] as? NSNumber)?.doubleValue }.max() ?? 0
        }
        let counts = [
            "prompt_tokens", "input_tokens", "completion_tokens", "output_tokens", "total_tokens",
        ]
        for name in counts {
            guard let value = usage[name], !(value is NSNull) else { continue }
            guard let number = value as? NSNumber, number.doubleValue >= 0, number.doubleValue <= 1e8,
                number.doubleValue.rounded() == number.doubleValue
            else { return true }
        }
        let prompts = number("prompt_tokens", "input_tokens")
        let completions = number("completion_tokens", "output_tokens")
        if Set(prompts).count > 1 || Set(completions).count > 1 { return true }
        let inputs = ["prompt_tokens_details", "input_tokens_details", "input_token_details"]
        let outputs = ["completion_tokens_details", "output_tokens_details", "output_token_details"]
        let isApart = usage["prompt_tokens"] == nil && usage["cache_read_input_tokens"] != nil
        let apart =
            isApart ? number("cache_read_input_tokens", "cache_creation_input_tokens").reduce(0, +) : 0
        let prompt =
            (prompts.first ?? number("prompt_cache_hit_tokens", "prompt_cache_miss_tokens").reduce(0, +))
            + apart
        let completion = completions.first ?? 0
        let reasoning = detail(outputs, "reasoning_tokens")
        if let total = number("total_tokens").first, !prompts.isEmpty || !completions.isEmpty {
            let isExplained = total == prompt + completion + reasoning
            if total != prompt + completion, !isExplained { return true }
            if isExplained, reasoning > completion { return detail(inputs, "cached_tokens") > prompt }
        }
        return reasoning > completion || detail(inputs, "cached_tokens") > prompt
            || detail(inputs, "audio_tokens") + detail(inputs, "image_tokens") > prompt
            || detail(outputs, "audio_tokens") + detail(outputs, "image_tokens") > completion
    }
}
