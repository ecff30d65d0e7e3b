//! The `kinesim` program: exit code and nothing else.

fn main() {}
