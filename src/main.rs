//! The program. Everything is in the library; see `docs/flow.md`.

fn main() -> std::process::ExitCode {
    sekisho::cli::main()
}
