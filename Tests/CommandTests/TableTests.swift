import ArgumentParser
import Domain
import Testing

@testable import Admin
@testable import Command

@Suite struct TableTests {
    private func cells(_ rows: [String]...) -> [[String]] { rows }

    @Test func `amounts have their points under each other, whatever they are made of`() {
        let table = Table(
            columns: [.text("limit"), .number("amount"), .number("cost USD"), .text("end")],
            rows: cells(
                ["a", "500.00", "0.0000245", "x"], ["b", "7", "-", "y"], ["c", "12.5", "1234.50", "z"]))
        #expect(
            table.text == """
                LIMIT  AMOUNT      COST USD  END
                a      500.00     0.0000245  x
                b        7        -          y
                c       12.5   1234.50       z
                """)
    }

    @Test func `times are told to the minute in UTC, and what is no time stays`() {
        #expect(Moment.text("2026-11-30T09:12:44.120Z") == "2026-11-30 09:12Z")
        #expect(Moment.text("2026-11-30T09:12:44Z") == "2026-11-30 09:12Z")
        #expect(Moment.text(nil) == nil)
        for text in ["never", "-", "", "2026-11-30", "2026-11-30T09:12:44+01:00", "aaaaaaaaaaTaaaaaaaaaaaaZ"]
        {
            #expect(Moment.text(text) == text)
        }
        let table = Table(
            columns: [.time("at"), .text("name")],
            rows: cells(["2026-11-30T09:12:44.120Z", "2026-11-30T09:12:44.120Z"]))
        #expect(table.text == "AT                 NAME\n2026-11-30 09:12Z  2026-11-30T09:12:44.120Z")
    }

    private let people = Table(
        columns: [
            .text("id"), .text("name", least: 6), .text("state", rank: 1), .time("used", rank: 2),
            .text("owner", rank: 2, least: 8),
        ],
        rows: [
            ["0123456789ab", "bob", "active", "2026-11-30T09:12:44.120Z", "bob@example.com"],
            ["ba9876543210", "build-server-7", "revoked", "never", "-"],
        ])

    @Test func `a table that fits is shown as it is`() {
        let whole = people.layout(within: nil)
        #expect(whole.hidden == [] && !whole.isShortened)
        #expect(people.layout(within: 76) == whole)
        #expect(whole.text.split(separator: "\n").map(\.count).max() == 73)
    }

    @Test func `texts give way before columns do, and those that matter least go first`() {
        let shortened = people.layout(within: 66)
        #expect(shortened.isShortened && shortened.hidden == [])
        #expect(
            shortened.text == """
                ID            NAME         STATE    USED               OWNER
                0123456789ab  bob          active   2026-11-30 09:12Z  bob@exampl…
                ba9876543210  build-serv…  revoked  never              -
                """)
        let narrow = people.layout(within: 56)
        #expect(narrow.hidden == ["owner"] && !narrow.isShortened)
        #expect(
            narrow.text == """
                ID            NAME            STATE    USED
                0123456789ab  bob             active   2026-11-30 09:12Z
                ba9876543210  build-server-7  revoked  never
                """)
        #expect(people.layout(within: 40).hidden == ["used", "owner"])
        let narrowest = people.layout(within: 10)
        #expect(narrowest.hidden == ["state", "used", "owner"])
        #expect(narrowest.text == "ID            NAME\n0123456789ab  bob\nba9876543210  build…")
        for width in 22...90 {
            let layout = people.layout(within: width)
            #expect(layout.text.split(separator: "\n").allSatisfy { $0.count <= width }, "\(width)")
        }
    }

    @Test func `wide and joined characters take the room that a terminal gives them`() {
        #expect("東京".displayWidth == 4 && "e\u{301}".displayWidth == 1 && "👩‍💻".displayWidth == 2)
        #expect("ann".displayWidth == 3 && "".displayWidth == 0 && "é…".displayWidth == 2)
        #expect(
            "東京都".shortened(to: 4) == "東…" && "東京".shortened(to: 4) == "東京" && "ab".shortened(to: 1) == "…")
        let table = Table(columns: [.text("name"), .text("x")], rows: cells(["東京", "1"], ["ab", "2"]))
        #expect(table.text == "NAME  X\n東京  1\nab    2")
    }

    @Test func `the width is that of COLUMNS, else of the window, else 80`() {
        #expect(Terminal.width(columns: "120", window: 80) == 120)
        #expect(Terminal.width(columns: nil, window: 132) == 132)
        for text in ["", "0", "-1", "wide"] { #expect(Terminal.width(columns: text, window: 100) == 100) }
        #expect(Terminal.width(columns: nil, window: 0) == 80)
    }

    @Test func `an access token is listed with its project's name, its last use, and whether it is honey`()
        throws
    {
        var token = AccessTokenResource(
            id: "0123456789ab", project: "proj_0123456789ab", name: "bob", status: "active",
            createdAt: "2026-11-21T03:57:00.529Z", labels: ["team": "a", "env": "x"], lineage: "0123456789ab",
            limits: [], honey: true)
        token.lastUsedAt = "2026-11-30T09:12:44.120Z"
        let names = ProjectNames(["proj_0123456789ab": "acme"])
        let expected = """
            ID            NAME  PROJECT  STATUS         LAST USED          EXPIRES  OWNER  LABELS         \
            DESCRIPTION
            0123456789ab  bob   acme     active, honey  2026-11-30 09:12Z  never    -      env=x, team=a  \
            -
            """
        let lines = AccessTokenResource.table([token], names).text.split(separator: "\n")
        #expect(lines == expected.split(separator: "\n"))
        #expect(AccessTokenResource.table([token]).text.contains("proj_0123456789ab"))
        let narrow = AccessTokenResource.table([token], names).layout(within: 80)
        #expect(narrow.hidden == ["labels", "description"])
        #expect(narrow.text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test
    func `every list fits 80 columns, has a cell for each, and tells the next command where it is empty`() {
        func check<Item: ListedItem>(_: Item.Type) {
            #expect(Item.columns.contains { $0.rank == 0 })
            let widths: [Int] = Item.columns.map { column in
                column.kind == .time ? 17 : max(column.title.count, 12)
            }
            let cells = zip(Item.columns, widths).map { column, width in
                column.kind == .time ? "2026-11-30T09:12:44.120Z" : String(repeating: "x", count: width)
            }
            let layout = Table(columns: Item.columns, rows: [cells]).layout(within: 80)
            #expect(layout.text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(Item.self)")
            #expect(Item.nothing(isFiltered: false).contains("Next: latchkey "))
            #expect(!Item.nothing(isFiltered: true).contains("Next"))
            #expect(!Item.sortKeys.isEmpty)
        }
        check(AccessTokenResource.self)
        check(ProjectResource.self)
        check(ManagementKeyResource.self)
        check(InvitationResource.self)
        check(AlarmResource.self)
        check(AuditEventResource.self)
        check(PriceResource.self)
        check(CredentialResource.self)
        check(BackupResource.self)
    }

    @Test(arguments: [
        ["token", "list", "--sort", "-last_used_at", "--limit", "5", "--wide"],
        ["project", "list", "--sort=-name"], ["key", "list", "--sort", "created_at"],
        ["invitation", "list", "--sort", "-expires_at"], ["alarm", "list", "--sort", "at", "--limit", "1"],
        ["audit", "list", "--sort", "seq"], ["price", "list", "--sort", "-model"],
        ["credential", "list", "acme", "--sort", "name", "--limit", "2"],
        ["backup", "list", "--sort", "-bytes"],
        ["usage", "--by", "owner", "--sort", "-cost_usd", "--limit", "10", "--wide"],
    ])
    func `every list can be sorted either way and cut`(_ line: [String]) throws {
        _ = try Latchkey.parseAsRoot(line)
        for wrong in [["--sort", "colour"], ["--sort", "--name"], ["--limit", "0"], ["--limit", "-1"]] {
            let error = #expect(throws: (any Error).self) { try Latchkey.parseAsRoot(line + wrong) }
            #expect(error.map { Latchkey.exitCode(for: $0) } == .validationFailure)
        }
    }
}
