import ArgumentParser

@main
struct Latchkey: ParsableCommand {}
