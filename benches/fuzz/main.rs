//! A fuzzer for a stable compiler: it changes sound inputs, within their form where they have one, gives
//! them to the bodies of `fuzz/bodies.rs`, and watches for panics, time and memory.
//! `cargo bench --bench fuzz --profile fuzz -- [--seconds N] [--seed N] [--seeds FOLDER] [--finds FOLDER]
//! [--input FILE] [BODY…]`; `docs/robustness.md` tells more.

#[path = "../../fuzz/bodies.rs"]
mod bodies;
mod bombs;
// Other benchmarks and tests use the rest of these two.
#[path = "../detection/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "../../tests/all/support/files.rs"]
#[allow(dead_code)]
mod files;
mod mutate;
mod repack;
#[path = "../../fuzz/seeds.rs"]
mod seeds;
mod watch;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use bodies::{BODIES, Body};
use dice::Dice;
use watch::Cost;

#[global_allocator]
static ALLOCATOR: watch::Counted = watch::Counted;

/// What reading one input may cost (docs/limits.md).
const MOST_TIME: Duration = Duration::from_secs(5);
const MOST_MEMORY: u64 = 300 << 20;
/// Inputs of new shapes that are kept for each body.
const KEPT: usize = 400;
/// As tokio's threads have it: what runs deep here would overflow there.
const STACK: usize = 2 << 20;

/// What the command line asks for.
struct Wanted {
    seconds: u64,
    seed: u64,
    seeds: Option<PathBuf>,
    finds: PathBuf,
    input: Option<PathBuf>,
    bodies: Vec<(&'static str, Body)>,
}

/// What was seen of one body.
#[derive(Default)]
struct Seen {
    runs: u64,
    /// Those that were hostile on purpose, by what makes them so.
    hostile: BTreeMap<bombs::Kind, u64>,
    time: Duration,
    shapes: usize,
    slowest: Duration,
    largest: u64,
    /// Panics of crates that read foreign formats, which the extraction catches, by place.
    caught: BTreeMap<String, u64>,
    finds: BTreeMap<String, u64>,
}

fn main() {
    let wanted = wanted();
    watch::note_panics();
    std::fs::create_dir_all(&wanted.finds).expect("a folder for what is found");
    let input = wanted.finds.join(format!("last-{}", std::process::id()));
    watch::watch_for_hangs(input.clone());
    let fuzzing = std::thread::Builder::new().stack_size(STACK);
    let done = fuzzing.spawn(move || fuzz_all(&wanted, &input)).expect("a thread").join();
    std::process::exit(match done {
        Ok(0) => 0,
        _ => 1,
    });
}

/// Fuzzes every body that is wanted; the number of finds.
fn fuzz_all(wanted: &Wanted, input: &std::path::Path) -> usize {
    println!(
        "| body | runs | hostile: swell, lie, nest, crowd | processor s | shapes | slowest ms | most memory MB | caught panics | finds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut finds = 0;
    for (name, body) in &wanted.bodies {
        let seen = match &wanted.input {
            Some(path) => once(name, *body, &std::fs::read(path).expect("the input")),
            None => fuzz(wanted, name, *body, input),
        };
        print(name, &seen);
        finds += seen.finds.len();
    }
    let _ = std::fs::remove_file(input);
    finds
}

fn fuzz(wanted: &Wanted, name: &str, body: Body, last: &std::path::Path) -> Seen {
    let mut corpus = seeds::seeds(name, wanted.seeds.as_deref());
    let mut dice =
        Dice::new(wanted.seed ^ name.bytes().fold(0, |h, b| (h * 31 + u64::from(b)) & 0xffff_ffff));
    let (mut seen, mut shapes) = (Seen::default(), HashSet::new());
    let start = watch::processor_time();
    let mut fresh = corpus.clone();
    while seen.time < Duration::from_secs(wanted.seconds) {
        let input = fresh.pop().unwrap_or_else(|| {
            let (one, other) = (dice.below(corpus.len()), dice.below(corpus.len()));
            if dice.once_in(bombs::SHARE) {
                let (kind, input) = bombs::hostile(&mut dice, &corpus[one]);
                *seen.hostile.entry(kind).or_default() += 1;
                return input;
            }
            repack::mutate(&mut dice, &corpus[one], &corpus[other], 0)
        });
        std::fs::write(last, &input).expect("a place for the input at hand");
        watch::begin();
        let cost = watch::run(body, &input);
        watch::end();
        if let Some(shape) = cost.shape
            && shapes.insert(shape)
            && corpus.len() < KEPT
            && cost.time < Duration::from_millis(50)
            && input.len() <= mutate::LARGEST
        {
            corpus.push(input.clone());
        }
        if let Some(find) = judge(&mut seen, &cost) {
            report(wanted, name, &find, &input, &mut seen);
        }
        seen.runs += 1;
        seen.time = watch::processor_time().saturating_sub(start);
    }
    seen.shapes = shapes.len();
    seen
}

fn once(name: &str, body: Body, input: &[u8]) -> Seen {
    let mut seen = Seen { runs: 1, ..Seen::default() };
    let cost = watch::run(body, input);
    seen.time = cost.time;
    if let Some(find) = judge(&mut seen, &cost) {
        println!("{name}: {find}");
        seen.finds.insert(find, 1);
    }
    seen
}

/// Adds up what a run cost; what it did wrong, if anything.
fn judge(seen: &mut Seen, cost: &Cost) -> Option<String> {
    seen.slowest = seen.slowest.max(cost.time);
    seen.largest = seen.largest.max(cost.memory);
    if let Some(place) = &cost.panic {
        // Only the extraction's own guard lets a run go on after a panic.
        if cost.shape.is_some() && !place.starts_with("crates/") && !place.starts_with("fuzz/") {
            *seen.caught.entry(place.clone()).or_default() += 1;
        } else {
            return Some(format!("panic at {place}"));
        }
    }
    if cost.time > MOST_TIME {
        return Some("too long".to_string());
    }
    (cost.memory > MOST_MEMORY).then(|| "too much memory".to_string())
}

/// Counts a find; the first of its kind is written down.
fn report(wanted: &Wanted, name: &str, find: &str, input: &[u8], seen: &mut Seen) {
    let count = seen.finds.entry(find.to_string()).or_default();
    *count += 1;
    if *count == 1 {
        let path = wanted.finds.join(format!("{name}-{}", seen.finds.len()));
        std::fs::write(&path, input).expect("a place for the find");
        println!("FIND {name}: {find}: {}", path.display());
    }
}

/// How many inputs were hostile, and of them of each kind.
fn hostile(seen: &Seen) -> String {
    use bombs::Kind::{Crowds, Lies, Nests, Swells};
    let count = |kind| seen.hostile.get(&kind).copied().unwrap_or(0);
    let kinds = [Swells, Lies, Nests, Crowds].map(count);
    let each = kinds.map(|n| n.to_string()).join(", ");
    format!("{}: {each}", kinds.iter().sum::<u64>())
}

fn print(name: &str, seen: &Seen) {
    println!(
        "| {name} | {} | {} | {} | {} | {} | {:.1} | {} | {} |",
        seen.runs,
        hostile(seen),
        seen.time.as_secs(),
        seen.shapes,
        seen.slowest.as_millis(),
        seen.largest as f64 / f64::from(1 << 20),
        seen.caught.values().sum::<u64>(),
        seen.finds.len(),
    );
    for (place, count) in &seen.caught {
        println!("  caught {count}: {place}");
    }
}

fn wanted() -> Wanted {
    let mut wanted = Wanted {
        seconds: 10,
        seed: 1,
        seeds: None,
        finds: std::env::temp_dir().join("sekisho-fuzz"),
        input: None,
        bodies: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--seconds" => wanted.seconds = value().parse().expect("a number of seconds"),
            "--seed" => wanted.seed = value().parse().expect("a number"),
            "--seeds" => wanted.seeds = Some(value().into()),
            "--finds" => wanted.finds = value().into(),
            "--input" => wanted.input = Some(value().into()),
            // cargo gives it to every benchmark.
            "--bench" => {}
            name => {
                let exact = BODIES.iter().any(|b| b.0 == name);
                let is_meant = |b: &&(&str, Body)| b.0 == name || !exact && b.0.starts_with(name);
                wanted.bodies.extend(BODIES.iter().filter(is_meant).copied());
            }
        }
    }
    if wanted.bodies.is_empty() {
        wanted.bodies = BODIES.to_vec();
    }
    wanted
}
