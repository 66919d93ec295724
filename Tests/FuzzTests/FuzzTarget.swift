/// The parsers that meet bytes of strangers, each with what it promises about every input.
///
/// The fuzzer runs them on what it makes up (`scripts/fuzz`), the tests on the inputs that are kept in
/// `Tests/Corpora`, a folder for each target by its raw value.
enum FuzzTarget: String, CaseIterable, Sendable {
    case credentialFormat = "credential-format"
    case credentialScanner = "credential-scanner"
    case pathPolicy = "path-policy"
    case bodyPeek = "body-peek"
    case requestHead = "request-head"
    case head
    case connection
    case response
    case environmentFile = "environment-file"
    case usage
    case streamUsageSplice = "stream-usage-splice"
    case multipartPeek = "multipart-peek"

    /// The promise that `input` breaks; nil where all are kept.
    func brokenPromise(by input: [UInt8]) -> String? {
        do {
            switch self {
            case .credentialFormat: try CredentialPromises.check(input)
            case .credentialScanner: try ScanPromises.check(input)
            case .pathPolicy: try PathPromises.check(input)
            case .bodyPeek: try PeekPromises.check(input)
            case .requestHead: try RequestPromises.check(input)
            case .head: try HeadPromises.check(input)
            case .connection: try ConnectionPromises.check(input)
            case .response: try ResponsePromises.check(input)
            case .environmentFile: try EnvironmentPromises.check(input)
            case .usage: try UsagePromises.check(input)
            case .streamUsageSplice: try SplicePromises.check(input)
            case .multipartPeek: try MultipartPromises.check(input)
            }
            return nil
        } catch {
            return error.sentence
        }
    }
}

/// What a parser was expected to do and did not.
struct BrokenPromise: Error {
    let sentence: String

    static func unless(_ holds: Bool, _ sentence: String) throws(BrokenPromise) {
        guard holds else { throw BrokenPromise(sentence: sentence) }
    }
}
