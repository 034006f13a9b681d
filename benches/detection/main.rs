//! The measuring stick: made-up mails with known contents are read, and what was found is compared
//! with what is there. `cargo bench --bench detection [-- [tuning] [accuracy | speed] [verbose]]`.

mod clean;
mod dice;
mod ids;
mod mails;
mod people;
mod score;
mod speed;

use dice::Dice;
use people::{Part, People};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let tuning = words.iter().any(|a| a == "tuning");
    let verbose = words.iter().any(|a| a == "verbose");
    let part = if tuning { Part::Tuning } else { Part::Measuring };
    let seed = if tuning { 1 } else { 20_260_402 };
    println!("part: {}", if tuning { "tuning" } else { "measuring" });

    let people = People::new(part);
    let mut dice = Dice::new(seed);
    let mut score = score::Score::new(verbose);
    if words.iter().any(|a| a == "speed") {
        speed::print(&mut dice, &people);
        speed::stages(&mut dice, &people);
        return;
    }
    for _ in 0..2_000 {
        score.values(&mails::prose(&mut dice, &people));
        score.values(&mails::identifiers(&mut dice, &people));
    }
    for n in 0..700 {
        score.table(
            &mails::list(&mut dice, &people, mails::FORMS[n % mails::FORMS.len()]),
            n % mails::FORMS.len(),
        );
    }
    for _ in 0..500 {
        score.persons(&mails::written_list(&mut dice, &people));
    }
    for _ in 0..1_000 {
        score.clean(&clean::mail(&mut dice, &people));
    }
    score.print();
    if !words.iter().any(|a| a == "accuracy") {
        speed::print(&mut dice, &people);
    }
}
