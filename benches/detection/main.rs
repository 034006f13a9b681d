//! The measuring stick: made-up mails with known contents, in every form and charset, go through the
//! guard, and what it found is compared with what is there.
//! `cargo bench --bench detection [-- [tuning] [accuracy | speed | stages | peers] [verbose] [only=WORD]]`;
//! `only` is for profiles: the texts and mails whose name has the word.

mod carry;
mod charsets;
mod clean;
mod dice;
mod files;
mod ids;
mod mails;
mod pdf;
mod people;
mod score;
mod speed;

use dice::Dice;
use people::{Part, People};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let is = |word: &str| words.iter().any(|a| a == word);
    let (part, seed, name) = match is("tuning") {
        true => (Part::Tuning, 1, "tuning"),
        false => (Part::Measuring, 20_260_402, "measuring"),
    };
    println!("part: {name}");
    let people = People::new(part);
    let mut dice = Dice::new(seed);
    let only = words.iter().find_map(|w| w.strip_prefix("only=")).unwrap_or("");
    if is("speed") {
        speed::print(&mut dice, &people, only);
        return;
    }
    if is("peers") || is("--peers") {
        speed::beside_peers(&mut dice, &people);
        return;
    }
    if is("stages") {
        speed::stages(&mut dice, &people, only);
        return;
    }
    measure(&mut dice, &people, is("verbose"));
    if !is("accuracy") {
        speed::print(&mut dice, &people, "");
    }
}

/// Makes the mails one after the other, each form and charset in its turn.
fn measure(dice: &mut Dice, people: &People, verbose: bool) {
    let mut score = score::Score::new(verbose);
    let (for_text, for_tables) = (carry::for_text(), carry::for_tables());
    let mut send = |dice: &mut Dice, sample: &mails::Sample, carrier: carry::Carrier| {
        // What the charset does not have goes as UTF-8 text.
        let utf8 = carry::Carrier::Body(charsets::Charset::Utf8);
        let (mail, carrier) = match carry::mail(dice, &sample.blocks, carrier) {
            Some(mail) => (Some(mail), carrier),
            None => (carry::mail(dice, &sample.blocks, utf8), utf8),
        };
        if let Some(mail) = mail {
            score.sample(sample, carrier.names(), &mail);
        }
    };
    for n in 0..2_000 {
        let carrier = for_text[n % for_text.len()];
        let sample = mails::prose(dice, people);
        send(dice, &sample, carrier);
        let sample = mails::identifiers(dice);
        send(dice, &sample, carrier);
    }
    for n in 0..1_400 {
        let form = mails::FORMS[n / for_tables.len() % mails::FORMS.len()];
        let sample = mails::list(dice, people, form);
        send(dice, &sample, for_tables[n % for_tables.len()]);
    }
    for n in 0..600 {
        let sample = mails::written_list(dice, people);
        send(dice, &sample, for_text[n % for_text.len()]);
    }
    for _ in 0..1_000 {
        score.clean(&clean::mail(dice, people));
    }
    score.print();
}
