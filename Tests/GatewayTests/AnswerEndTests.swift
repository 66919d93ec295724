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

    @Test func `the bytes tell the form, whatever the label`() {
        for label in ["application/json", "text/plain", "", "text/event-stream"] {
            #expect(isWhole(label, "{\"a\":1}") && !isWhole(label, "{\"a\":1"), "\(label)")
            #expect(
                isWhole(label, "data: {}\n\ndata: [DONE]\n\n") && !isWhole(label, "data: {}\n\n"), "\(label)")
        }
        let last = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
        #expect(
            isWhole("text/event-stream", last) && !isWhole("text/event-stream", "event: ping\ndata: {}\n\n"))
    }

    @Test(arguments: ["dear reader", "[Music] she said \"", "error: no", "{}", "1\n00:00:00,000 --> x"])
    func `prose without a label is taken as it comes`(text: String) {
        #expect(isWhole("text/plain", text) && isWhole(nil, text))
    }
}
