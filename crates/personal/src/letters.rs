//! Identifiers of letters and digits: passports, residence cards, IBANs, and those of countries that
//! check with a letter. A run of digits with a letter on its side leads here.

use std::ops::Range;

use super::chars;
use super::identifiers::{cn, es, fr, gb, iban, it, jp, mrz, sg};
use super::kinds::Kind;
use super::scan::Reader;
use super::words::Word;

/// No identifier here is longer.
const LONGEST: usize = 44;

/// What such a word is made of: letters, digits, and the filling of passports.
const INSIDE: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = (b as u8).is_ascii_alphanumeric() || b as u8 == b'<';
        b += 1;
    }
    table
};

impl Reader<'_> {
    /// Reads the word of letters and digits around `start..end`; returns where it ends.
    pub fn letters(&mut self, start: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        let inside = |b: &u8| INSIDE[usize::from(*b)];
        let left = bytes[..start].iter().rev().take(LONGEST).take_while(|b| inside(b)).count();
        let right = {
            let behind = &bytes[end..bytes.len().min(end + LONGEST.next_multiple_of(16))];
            let whole = chars::alphanumeric_chunks(behind);
            whole + behind[whole..].iter().take_while(|b| inside(b)).count()
        };
        let range = start - left..end + right;
        if left >= LONGEST || right >= LONGEST {
            return range.end;
        }
        let context = self.context(range.start).map(|w| w.word);
        if let Some(date) = (left == 1).then(|| super::dates::parse(self.text, range.start)).flatten() {
            self.date(range.start, date);
            return date.end;
        }
        if context == Some(Word::Negative) {
            return range.end;
        }
        if let Some(end) = self.iban(range.start) {
            return end;
        }
        let word = self.text[range.clone()].to_ascii_uppercase();
        if let Some((kind, validated, confidence)) = self.lettered(&word, context, &range) {
            self.push(kind, range.clone(), word, validated, confidence);
        }
        range.end
    }

    fn lettered(&self, word: &str, context: Option<Word>, range: &Range<usize>) -> Option<(Kind, bool, u8)> {
        let text = word.as_bytes();
        let label = match context {
            Some(Word::Label(kind)) => Some(kind),
            _ => None,
        };
        // With its label it counts; without, it waits for a person beside it.
        let by = |kind: Kind| {
            if label == Some(kind) || self.continues(kind, range.start) { 95 } else { 40 }
        };
        let found = if mrz::second_line(text) {
            (Kind::Mrz, true, 95)
        } else if it::codice_fiscale(text) {
            (Kind::ItCodiceFiscale, true, 90)
        } else if cn::id(text) {
            (Kind::CnId, true, 90)
        } else if fr::nir(text) {
            (Kind::FrNir, true, 80)
        } else if jp::residence_card(text) {
            (Kind::ResidenceCard, false, by(Kind::ResidenceCard))
        } else if jp::passport(text) && label == Some(Kind::PassportJp) {
            (Kind::PassportJp, false, 90)
        } else if gb::nino(text) {
            (Kind::UkNino, false, by(Kind::UkNino))
        } else if sg::nric(text) {
            (Kind::SgNric, true, by(Kind::SgNric))
        } else if es::nie(text) {
            (Kind::EsNie, true, by(Kind::EsNie).max(by(Kind::EsDni)))
        } else if es::dni(text) {
            (Kind::EsDni, true, by(Kind::EsDni).max(by(Kind::EsNie)))
        } else {
            let register = label.filter(|k| {
                matches!(
                    k,
                    Kind::PatientNumber
                        | Kind::PupilNumber
                        | Kind::StaffNumber
                        | Kind::MemberNumber
                        | Kind::InsuredNumber
                )
            })?;
            let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
            return (digits >= 2 && (3..=16).contains(&text.len()) && self.is_tight(range.start))
                .then_some((register, false, 75));
        };
        Some(found)
    }

    /// An IBAN in one piece or in groups of four.
    fn iban(&mut self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let wanted = iban::length(&bytes.get(start..start + 2)?.to_ascii_uppercase())?;
        let mut solid = Vec::with_capacity(wanted);
        let mut pos = start;
        while solid.len() < wanted {
            let b = *bytes.get(pos)?;
            if b.is_ascii_alphanumeric() {
                solid.push(b.to_ascii_uppercase());
            } else if b != b' ' || solid.len() % 4 != 0 {
                return None;
            }
            pos += 1;
        }
        let ends = !bytes.get(pos).is_some_and(u8::is_ascii_alphanumeric);
        (ends && iban::iban(&solid)).then(|| {
            let key = String::from_utf8(solid).unwrap_or_default();
            self.push(Kind::Iban, start..pos, key, true, 95);
            pos
        })
    }
}
