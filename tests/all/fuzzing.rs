//! What is fuzzed (`fuzz/bodies.rs`) holds on its seeds and on some hundred changes of them, the same in
//! every run. `benches/fuzz` goes on from there, and so do the targets in `fuzz/`.

use crate::support::files;

#[path = "../../fuzz/bodies.rs"]
mod bodies;
// Other benchmarks use the rest of it.
#[path = "../../benches/detection/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "../../benches/fuzz/mutate.rs"]
mod mutate;
#[path = "../../benches/fuzz/repack.rs"]
mod repack;
#[path = "../../fuzz/seeds.rs"]
mod seeds;

use std::collections::BTreeSet;

/// Changed inputs for each body.
const CHANGES: usize = 60;

#[test]
fn every_body_holds_on_its_seeds_and_their_changes() {
    for (name, body) in bodies::BODIES {
        let seeds = seeds::seeds(name, None);
        let mut dice = dice::Dice::new(name.len() as u64);
        let mut shapes = BTreeSet::new();
        let first = seeds.iter().take(10);
        shapes.extend(first.map(|seed| body(seed)));
        for _ in 0..CHANGES {
            let (one, other) = (dice.below(seeds.len()), dice.below(seeds.len()));
            let input = repack::mutate(&mut dice, &seeds[one], &seeds[other], 0);
            shapes.insert(body(&input));
        }
        assert!(shapes.len() > 1, "{name}: whatever goes in, the same comes out");
    }
}

#[test]
fn each_target_runs_its_body() {
    let cargo = std::fs::read_to_string("fuzz/Cargo.toml").expect("fuzz/Cargo.toml");
    let mut targets = 0;
    for entry in std::fs::read_dir("fuzz/fuzz_targets").expect("the targets").flatten() {
        let name = entry.file_name().to_string_lossy().trim_end_matches(".rs").to_string();
        let text = std::fs::read_to_string(entry.path()).expect("a target");
        assert!(text.contains(&format!("run(\"{name}\", data)")), "{name} runs another body");
        assert!(bodies::BODIES.iter().any(|b| b.0 == name), "{name} has no body");
        assert!(cargo.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
        targets += 1;
    }
    assert_eq!(targets, bodies::BODIES.len());
}
