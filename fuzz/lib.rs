//! The bodies as libFuzzer's targets run them. See `docs/robustness.md`.

#[path = "bodies.rs"]
mod bodies;

/// Runs the body of that name.
pub fn run(name: &str, data: &[u8]) {
    let (_, body) = bodies::BODIES.iter().find(|b| b.0 == name).expect("a body of that name");
    std::hint::black_box(body(data));
}
