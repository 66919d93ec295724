/// Where the access log goes: `-` is standard output, `off` writes none, anything else is a file's path.
package enum AccessLogDestination: Hashable, Sendable {
    case standardOutput
    case file(path: String)
    case off

    package init(_ text: String) {
        self =
            switch text {
            case "-": .standardOutput
            case "off": .off
            default: .file(path: text)
            }
    }
}
