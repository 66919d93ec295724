import NIOCore
import Testing

@testable import Gateway

/// Whether an answer that the end of its connection ends was whole.
struct AnswerEndTests {
    private func isWhole(_ type: String?, _ text: String) -> Bool {
        var whole = AnswerEnd(form: UsageMeter.Form(contentType: type))
        whole.take(ByteBuffer(string: text))
        var single = AnswerEnd(form: UsageMeter.Form(contentType: type))
        for byte in text.utf8 { single.take(ByteBuffer(bytes: [byte])) }
        #expect(whole.isWhole == single.isWhole)
        return whole.isWhole
    }

    @Test(arguments: [
        "data: {}\n\ndata: [DONE]\n\n", "data: {}\r\n\r\ndata: [DONE]\r\n\r\n", "data:[DONE]\n\n",
        "data: [DONE]\r\r",
        "event: response.completed\ndata: {\"a\":1}\n\n", "event: done\ndata: [DONE]\n\n",
        "event: error\ndata: {}\n\n: a comment\ndata: [DONE]\n\n",
    ])
    func `a stream is whole behind its last event`(text: String) {
        #expect(isWhole("text/event-stream; charset=utf-8", text))
        #expect(!isWhole("text/event-stream", String(text.dropLast())))
        #expect(!isWhole("text/event-stream", text + "data: {"))
    }

    @Test(arguments: [
        "", "data: {}\n\n", "data: \"[DONE]\"\n\n", "event: response.created\ndata: {}\n\n", "data: [DONE]",
        "event: response.completed\n\n", "data: {\"type\":\"[DONE]\"}\n\n",
    ])
    func `a stream without it is cut off`(text: String) {
        #expect(!isWhole("text/event-stream", text))
    }

    @Test func `JSON is whole when its brackets are closed`() {
        for text in ["{}", " [1,{\"a\":\"}\"}]\n", "{\"a\":\"\\\"}\"}", "\"x\"", "1"] {
            #expect(isWhole("application/json", text), "\(text)")
        }
        for text in ["", " ", "{", "{\"a\":\"}", "[{}", "{\"a\":\"\\\"}", "\"x"] {
            #expect(!isWhole("application/problem+json", text), "\(text)")
        }
    }

    @Test func `of anything else nothing is known`() {
        #expect(isWhole("audio/mpeg", "{") && isWhole(nil, ""))
    }
}
