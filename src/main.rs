//! The `kinesim` program: exit code and nothing else.

fn main() -> std::process::ExitCode {
    kinesim::cli::main()
}
