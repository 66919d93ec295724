import Foundation
import NIOCore
import Storage
import Testing

@testable import App

@Suite struct UnexpectedErrorTests {
    private struct Odd: Error { let secret = "canary" }

    @Test func `an error of the store is explained, with its folder`() {
        let error = UnexpectedError(StoreError.failing(code: 14), folder: "/srv/data")

        #expect(error.message.contains("/srv/data") && !error.message.contains("StoreError"))
        #expect(error.hint?.isEmpty == false)
    }

    @Test func `an error that is explained stays as it is`() {
        let error = UnexpectedError(DescriptorLimit.TooLow(limit: 1, need: 2))

        #expect(error.message == DescriptorLimit.TooLow(limit: 1, need: 2).message)
    }

    @Test(arguments: [
        IOError(errnoCode: EMFILE, reason: "socket") as any Error, POSIXError(.EMFILE),
        CocoaError(
            .fileReadUnknown, userInfo: [NSUnderlyingErrorKey: POSIXError(.EMFILE) as NSError]),
    ])
    func `the system's reason is told`(_ error: any Error) {
        let error = UnexpectedError(error)

        #expect(error.message.hasPrefix("unexpected error: "))
        #expect(error.message.hasSuffix(": too many open files"), "\(error.message)")
    }

    @Test func `of any other its kind is told, and nothing that it holds`() {
        let error = UnexpectedError(Odd())

        #expect(error.message == "unexpected error: Odd")
        #expect(error.hint?.contains("report it") == true)
    }
}
