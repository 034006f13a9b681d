//! `sekisho watch status`: the controls as a table for the terminal.

use jiff::civil::Date;

use super::controls::{Control, Step, WhenExpired, days_left};

/// The last warning that went out for a control's present date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    pub step: Step,
    pub on: Date,
}

const HEAD: [&str; 6] = ["CONTROL", "EXPIRES", "DAYS LEFT", "OWNERS", "WHEN EXPIRED", "LAST WARNING"];

/// The table, one control a row, the one that ends first on top. `last` knows the last warning.
pub fn status(controls: &[Control], today: Date, last: &dyn Fn(&Control) -> Option<Warning>) -> String {
    if controls.is_empty() {
        return "No controls are watched. Name them as [[control]] in the configuration.\n".into();
    }
    let mut sorted: Vec<&Control> = controls.iter().collect();
    sorted.sort_by_key(|c| c.expires);
    let mut rows = vec![HEAD.map(String::from)];
    rows.extend(sorted.iter().map(|c| row(c, today, last(c))));
    let widths: Vec<usize> =
        (0..HEAD.len()).map(|i| rows.iter().map(|r| width(&r[i])).max().unwrap_or(0)).collect();
    let mut table = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width_of_column) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width_of_column - width(cell) + 2));
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

fn row(control: &Control, today: Date, last: Option<Warning>) -> [String; 6] {
    let left = days_left(control, today);
    [
        control.name.clone(),
        control.expires.to_string(),
        if left < 0 { format!("EXPIRED {} days ago", -left) } else { left.to_string() },
        control.owner.join(", "),
        match (control.when_expired, left < 0) {
            (WhenExpired::Enforce, false) => "strict rules".into(),
            (WhenExpired::Enforce, true) => "strict rules, now".into(),
            (WhenExpired::Warn, _) => "warning only".into(),
        },
        last.map_or_else(|| "none yet".into(), |w| format!("{} ({})", w.on, w.step)),
    ]
}

/// Columns of a terminal: East Asian wide characters take two (Unicode UAX #11, the common blocks).
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}'
            | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}'
            | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(name: &str, expires: &str, when_expired: WhenExpired) -> Control {
        Control {
            name: name.into(),
            expires: expires.parse().expect("a date"),
            warn_days: vec![30],
            owner: vec!["a@city.example.jp".into()],
            when_expired,
        }
    }

    #[test]
    fn the_table_lines_up_and_puts_the_next_to_end_first() {
        let controls = [
            control("宛先保護の契約", "2027-03-31", WhenExpired::Warn),
            control("licence", "2026-11-10", WhenExpired::Enforce),
        ];
        let last = |c: &Control| {
            let on = "2026-11-11".parse().ok()?;
            (c.name == "licence").then_some(Warning { step: Step::EXPIRED, on })
        };
        let table = status(&controls, "2026-11-13".parse().expect("a date"), &last);
        let expected = "\
CONTROL         EXPIRES     DAYS LEFT           OWNERS             WHEN EXPIRED       LAST WARNING
licence         2026-11-10  EXPIRED 3 days ago  a@city.example.jp  strict rules, now  2026-11-11 (expired)
宛先保護の契約  2027-03-31  138                 a@city.example.jp  warning only       none yet
";
        assert_eq!(table, expected);
        assert!(status(&[], "2026-11-13".parse().expect("a date"), &|_| None).contains("No controls"));
    }
}
