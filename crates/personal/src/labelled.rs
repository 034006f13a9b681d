//! Numbers whose label says what they are.

use super::chars;
use super::dates;
use super::digit_runs::{Digits, Gap, Run};
use super::identifiers::{self, au, br, ca, card, cn, de, fr, gb, india, jp, kr, us};
use super::kinds::Kind;
use super::scan::Reader;

impl Reader<'_> {
    /// What the label before it says it is, if it is that.
    pub fn labelled(&mut self, run: &Run, i: usize, kind: Kind) -> Option<usize> {
        if let Some(taken) = self.labelled_form(run, i, kind) {
            return Some(taken);
        }
        let lengths: &[usize] = match kind {
            Kind::MyNumber | Kind::DrivingLicence | Kind::InAadhaar => &[12],
            Kind::ResidentCode | Kind::DeIdnr | Kind::BrCpf | Kind::EmploymentInsurance => &[11],
            Kind::UkNhs | Kind::PensionNumber => &[10],
            Kind::UsSsn | Kind::AuTfn | Kind::CaSin => &[9],
            Kind::AuMedicare => &[10, 11],
            Kind::FrNir => &[15],
            Kind::CnId => &[18],
            Kind::KrRrn => &[13],
            Kind::InsurerNumber => &[8, 6],
            Kind::BankAccount => &[7],
            Kind::Card => &[16, 15, 14, 19, 13, 17, 18],
            _ => return None,
        };
        // What has no check digit must stand right behind its label.
        let unproven =
            matches!(kind, Kind::BankAccount | Kind::PensionNumber | Kind::EmploymentInsurance | Kind::UsSsn);
        if unproven && !self.is_tight(run.starts[i]) {
            return None;
        }
        lengths.iter().find_map(|length| {
            let (end, digits) = self.joined(run, i, *length)?;
            let validated = is_valid(kind, digits.as_slice())?;
            self.push(kind, run.starts[i]..run.ends[end], digits.text(), validated, 95);
            Some(end + 1 - i)
        })
    }

    /// The groups from `i` that make exactly `length` digits together.
    pub fn joined(&self, run: &Run, i: usize, length: usize) -> Option<(usize, Digits)> {
        let mut total = 0;
        for end in i..run.count {
            // 192.168.1.1 is no pension number; only Brazil writes dots.
            if end > i && (run.gaps[end - 1] == Gap::Slash || (run.gaps[end - 1] == Gap::Dot && length != 11))
            {
                return None;
            }
            total += run.length(end);
            if total >= length {
                return (total == length)
                    .then(|| run.digits(self.text.as_bytes(), i..end + 1).map(|d| (end, d)))?;
            }
        }
        None
    }

    /// Forms whose digits prove little, so that the label must stand right before them.
    fn labelled_form(&mut self, run: &Run, i: usize, kind: Kind) -> Option<usize> {
        let start = run.starts[i];
        match kind {
            Kind::BirthDate if run.length(i) == 8 => {
                let day = dates::compact(&self.text[start..run.ends[i]])?;
                self.date(start, dates::Date { day, end: run.ends[i] });
                Some(1)
            }
            Kind::PatientNumber
            | Kind::PupilNumber
            | Kind::ResidentNumber
            | Kind::StaffNumber
            | Kind::MemberNumber
            | Kind::InsuredNumber
                if self.is_tight(start) =>
            {
                let end =
                    (i + 1..run.count).take_while(|e| run.gaps[*e - 1] == Gap::Dash).last().unwrap_or(i);
                let digits = run.digits(self.text.as_bytes(), i..end + 1)?;
                // 学籍番号 38件 counts such numbers, and is none.
                let counted =
                    chars::at(self.text, run.ends[end]).is_some_and(|c| "件名人円個回枚".contains(c));
                let fits = (3..=16).contains(&digits.count) || kind == Kind::PupilNumber && digits.count == 2;
                (fits && !counted).then(|| {
                    self.push(kind, start..run.ends[end], digits.text(), false, 75);
                    end + 1 - i
                })
            }
            Kind::CardSecurityCode if self.is_tight(start) => {
                let expiry = run.length(i) == 2 && i + 1 < run.count && run.gaps[i] == Gap::Slash;
                let end = if expiry { i + 1 } else { i };
                (expiry || matches!(run.length(i), 3 | 4)).then(|| {
                    let key = self.text[start..run.ends[end]].to_string();
                    self.push(kind, start..run.ends[end], key, false, 80);
                    end + 1 - i
                })
            }
            Kind::PostalCode => {
                let end = if run.has_shape(i, &[3, 4]) { i + 1 } else { i };
                let digits = run.digits(self.text.as_bytes(), i..end + 1)?;
                (digits.count == 7 && self.is_tight(start)).then(|| {
                    self.push(kind, start..run.ends[end], digits.text(), true, 80);
                    end + 1 - i
                })
            }
            Kind::YuchoAccount => self.yucho(run, i),
            _ => None,
        }
    }

    /// A list under one label: the number right behind another of its kind, valid as that kind.
    pub fn continued(&mut self, run: &Run, i: usize) -> Option<usize> {
        let last = self.found.last()?;
        let kind = last.kind;
        let long = last.key.len();
        if !kind.is_strong() || !self.continues(kind, run.starts[i]) {
            return None;
        }
        let (end, digits) = self.joined(run, i, long)?;
        if is_valid(kind, digits.as_slice()) != Some(true) {
            return None;
        }
        self.push(kind, run.starts[i]..run.ends[end], digits.text(), true, 85);
        Some(end + 1 - i)
    }

    /// Whether the label before `start` has had its value already.
    pub fn is_spent(&self, kind: Kind, start: usize) -> bool {
        let label = self.context(start);
        self.found
            .last()
            .is_some_and(|last| last.kind == kind && label.is_some_and(|l| last.range.start >= l.end))
    }

    /// Whether nothing but a few signs stands between the label and the number.
    pub fn is_tight(&self, start: usize) -> bool {
        let next = self.words_before(start);
        let Some(label) = next.checked_sub(1).and_then(|i| self.words.get(i)) else {
            return false;
        };
        self.text.get(label.end..start).is_some_and(|between| {
            between.len() <= 24
                && between.chars().all(|c| {
                    !(chars::is_han(c) || chars::is_kana(c) || c.is_ascii_alphanumeric())
                        || "番号口座預金はNo".contains(c)
                })
        })
    }
}

/// Whether digits are valid as a kind: `Some(true)` proven, `Some(false)` well formed without a
/// check, none where they are not.
pub(super) fn is_valid(kind: Kind, d: &[u8]) -> Option<bool> {
    let proven = match kind {
        Kind::MyNumber => jp::my_number(d),
        Kind::DrivingLicence => jp::driving_licence(d),
        Kind::ResidentCode => jp::resident_code(d),
        Kind::InsurerNumber => jp::insurer(d),
        Kind::InAadhaar => india::aadhaar(d),
        Kind::DeIdnr => de::idnr(d),
        Kind::BrCpf => br::cpf(d),
        Kind::UkNhs => gb::nhs(d),
        Kind::UsSsn => us::ssn(d),
        Kind::AuTfn => au::tfn(d),
        Kind::AuMedicare => au::medicare(d),
        Kind::CaSin => ca::sin(d),
        Kind::Card => card::card(d),
        Kind::CnId => cn::id(&d.iter().map(|v| b'0' + v).collect::<Vec<u8>>()),
        Kind::FrNir => fr::nir(&d.iter().map(|v| b'0' + v).collect::<Vec<u8>>()),
        Kind::KrRrn => return kr::form(d).then(|| kr::rrn(d)),
        Kind::PensionNumber => {
            return (d.len() == 10 && !identifiers::is_placeholder(d)).then_some(false);
        }
        Kind::EmploymentInsurance => {
            return (d.len() == 11 && !identifiers::is_placeholder(d)).then_some(false);
        }
        Kind::BankAccount => {
            return (d.len() == 7 && !identifiers::is_placeholder(d)).then_some(false);
        }
        _ => false,
    };
    proven.then_some(true)
}
