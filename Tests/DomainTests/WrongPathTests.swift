import Testing

@testable import Domain

struct WrongPathTests {
    @Test func `a path that leads nowhere is told what to set`() {
        for mistake in WrongPath.Mistake.allCases where mistake != .baseURLAlone {
            let rejection = Rejection.unknownURL(WrongPath(mistake, baseURL: "https://llm.example.com/v1"))
            #expect(rejection.apiError.status == 404 && rejection.apiError.code == "unknown_url")
            #expect(rejection.apiError.message.contains("Set base_url to https://llm.example.com/v1"))
            #expect(WrongPath(mistake).message.contains("http://HOST/v1"))
        }
    }

    @Test func `the base URL is the configured one, else what the client has called`() {
        #expect(
            APIBaseURL(server: "https://llm.example.com").text(calledAs: "10.0.0.1:80")
                == "https://llm.example.com/v1")
        #expect(APIBaseURL().text(calledAs: "10.0.0.1:8080") == "http://10.0.0.1:8080/v1")
        #expect(APIBaseURL().text(calledAs: nil) == nil)
    }
}
