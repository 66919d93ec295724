/// How many single characters have to be added, taken away or exchanged to make one name of another
/// (Levenshtein).
package func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (byte == other ? 0 : 1))
            diagonal = above
        }
    }
    return row[right.count]
}
