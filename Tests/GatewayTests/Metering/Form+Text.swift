@testable import Gateway

/// By the text of a field, nil without one.
extension UsageMeter.Form {
    init(contentType: String?) {
        self = Array((contentType ?? "").utf8).withUnsafeBytes { UsageMeter.Form(contentType: $0) }
    }
}
