import Domain
import Testing

@Suite struct JSONWriterTests {
    @Test func `members and elements are separated by commas at every depth`() {
        var json = JSONWriter()
        json.object {
            $0.member("a", 1)
            $0.array("b") {
                $0.element("x")
                $0.object { $0.member("c", true) }
                $0.element(-12)
            }
            $0.object("d") { _ in }
            $0.null("e")
        }
        #expect(json.text == #"{"a":1,"b":["x",{"c":true},-12],"d":{},"e":null}"#)
    }

    @Test func `text is escaped and can never end its string or its line`() {
        var json = JSONWriter()
        json.element("\"\\\n\r\t\u{0}\u{1F}\u{7F}é💻</script>")
        #expect(json.text == #""\"\\\n\r\t\u0000\u001f\u007fé💻</script>""#)
    }

    @Test func `the extremes of integers are written whole`() {
        var json = JSONWriter()
        json.array {
            $0.element(Int.min)
            $0.element(Int.max)
            $0.element(0)
        }
        #expect(json.text == "[-9223372036854775808,9223372036854775807,0]")
    }

    @Test func `a tree is written as it was read`() throws {
        let text = #"{"a":[1,-2.5e3,true,null,{}],"é\"":"x\n","a":{"b":[]}}"#

        #expect(try String(decoding: JSONValue(parsing: Array(text.utf8)).encoded, as: UTF8.self) == text)
    }

    @Test func `a literal tree is the one it looks like, and changes member by member`() {
        let tree: JSONValue = ["a": 1, "b": ["x", true], "c": .null]

        #expect(String(decoding: tree.encoded, as: UTF8.self) == #"{"a":1,"b":["x",true],"c":null}"#)
        #expect(tree.setting([.init("c", 2), .init("d", "y")])["c"] == 2)
        #expect(tree.setting("d", "y").members?.map(\.key) == ["a", "b", "c", "d"])
        #expect(JSONValue("x").setting("a", 1) == "x")
    }
}
