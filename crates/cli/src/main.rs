//! The program `trailmark`.

fn main() -> std::process::ExitCode {
    trailmark_cli::run(std::env::args_os())
}
