import Domain
import NIOCore
import Testing
import Vault

@testable import Gateway

/// What is changed in a held body before it is sent on, and what is not.
struct BodyRewriteTests {
    /// The body as it is sent, and by how much it grew.
    private func sent(
        _ body: String, cap: String? = nil, _ streamUsage: StreamUsage = .inject, maximum: Int64? = nil
    ) throws -> (text: String, growth: Int, isInjected: Bool) {
        let fixture = try DataPathFixture()
        var (project, accessToken) = (fixture.project, fixture.accessToken)
        project.streamUsage = streamUsage
        accessToken.grants.outputCap = cap.flatMap { OutputCap($0) }
        fixture.put(project, accessToken)
        let path = try AskedPath(.post, "/v1/chat/completions")
        let peek = try Array(body.utf8).withUnsafeBytes { bytes in
            Result { () throws(Rejection) in try BodyPeek.peek(bytes) }
        }.get()
        let demand = AccessDemand(try fixture.holder(), to: path.endpoint, model: peek.model, isHeld: true)
        let plan = try OutputPlan(accessToken.grants.outputCap, for: .chat, peek: peek)
        var held = ByteBuffer(string: body)
        var rewrite = try BodyRewrite(of: held, peek, by: plan, for: demand)
        if let maximum { rewrite.name(maximum: maximum, in: held, peek, for: .chat) }
        rewrite.apply(to: &held)
        return (String(buffer: held), rewrite.growth, rewrite.isInjected)
    }

    @Test(arguments: [#"{"a":1}"#, #"{"stream":false}"#, " {} ", #"{"max_tokens":7}"#])
    func `a body that asks for no stream and has no cap stays as it is`(body: String) throws {
        let sent = try sent(body)
        #expect(sent.text == body && sent.growth == 0 && !sent.isInjected)
    }

    @Test func `a stream is asked for its usage, unless the project only observes`() throws {
        let body = #"{"stream":true}"#
        let asked = try sent(body)
        #expect(asked.text == #"{"stream_options":{"include_usage":true},"stream":true}"#)
        #expect(asked.isInjected && asked.growth == asked.text.utf8.count - body.utf8.count)
        let observed = try sent(body, .observe)
        #expect(observed.text == body && !observed.isInjected)
        let told = try sent(#"{"stream":true,"stream_options":{"include_usage":true}}"#)
        #expect(told.growth == 0 && !told.isInjected)
    }

    @Test func `several changes are made in their places, whichever comes first`() throws {
        let body = #"{"max_tokens":900,"stream":true,"stream_options":{"x":1},"max_completion_tokens":800}"#
        let sent = try sent(body, cap: "50:clamp")
        #expect(
            sent.text
                == #"{"max_tokens":50,"stream":true,"stream_options":{"include_usage":true,"x":1},"#
                + #""max_completion_tokens":50}"#)
        #expect(sent.growth == sent.text.utf8.count - body.utf8.count)
    }

    @Test func `a cap and the question for usage can stand in one place`() throws {
        let sent = try sent(#"{"stream":true}"#, cap: "50")
        #expect(
            sent.text
                == #"{"stream_options":{"include_usage":true},"max_completion_tokens":50,"stream":true}"#)
    }

    @Test func `a maximum that fits takes the place of null, else it comes first`() throws {
        #expect(try sent(#"{"a":1}"#, maximum: 1024).text == #"{"max_completion_tokens":1024,"a":1}"#)
        #expect(try sent(#"{"max_tokens":null}"#, maximum: 1024).text == #"{"max_tokens":1024}"#)
    }

    @Test func `two options that two readers could tell apart are refused`() {
        #expect(throws: Rejection.self) {
            try sent(#"{"stream":true,"stream_options":{"include_usage":false,"include_usage":true}}"#)
        }
    }
}
