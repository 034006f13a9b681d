//! Charts drawn on the server: geometry only; the template writes the SVG, the style sheet colours it.

use std::collections::BTreeMap;

/// A chart's inner width and height, in the units of its viewBox.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
/// Room at the left for numbers, and below for days.
const LEFT: f64 = 44.0;
const BELOW: f64 = 22.0;
/// At most so many labels stand below.
const LABELS: usize = 10;

/// Stacked bars, one a day.
pub struct Bars {
    pub series: Vec<&'static str>,
    pub columns: Vec<Column>,
    /// Lines across, each with its number.
    pub lines: Vec<(f64, u64)>,
    pub width: f64,
    pub height: f64,
}

/// One day.
pub struct Column {
    /// As the table names it.
    pub label: String,
    /// Whether there is room for the label below the bar.
    pub labelled: bool,
    /// Whether the label is left out where there is little room.
    pub minor: bool,
    pub x: f64,
    pub middle: f64,
    pub width: f64,
    pub parts: Vec<Part>,
    /// The counts in the order of the series.
    pub counts: Vec<u64>,
}

/// One series' share of a bar.
pub struct Part {
    pub series: &'static str,
    pub y: f64,
    pub height: f64,
}

impl Bars {
    /// Bars of these days; each day's counts by series.
    pub fn new(series: &[&'static str], days: &[(String, BTreeMap<String, u64>)]) -> Bars {
        let count = |counts: &BTreeMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
        let sum = |counts: &BTreeMap<String, u64>| series.iter().map(|s| count(counts, s)).sum::<u64>();
        let top = ceiling(days.iter().map(|(_, counts)| sum(counts)).max().unwrap_or(0));
        let (inner, tall) = (WIDTH - LEFT, HEIGHT - BELOW - 8.0);
        let step = inner / days.len().max(1) as f64;
        let each = days.len().div_ceil(LABELS).max(1);
        let y_of = |value: u64| 8.0 + tall - tall * value as f64 / top as f64;
        let columns = days.iter().enumerate().map(|(place, (label, counts))| {
            let x = LEFT + step * place as f64 + step * 0.14;
            let mut below = 0;
            let mut parts = Vec::new();
            for name in series {
                let value = count(counts, name);
                if value > 0 {
                    let (y, foot) = (y_of(below + value), y_of(below));
                    parts.push(Part { series: name, y, height: foot - y });
                    below += value;
                }
            }
            Column {
                label: label.clone(),
                labelled: (days.len() - 1 - place).is_multiple_of(each),
                minor: !(days.len() - 1 - place).is_multiple_of(each * 3),
                x,
                middle: x + step * 0.36,
                width: step * 0.72,
                parts,
                counts: series.iter().map(|s| count(counts, s)).collect(),
            }
        });
        let lines = [0, top / 2, top].map(|value| (y_of(value), value)).to_vec();
        Bars { series: series.to_vec(), columns: columns.collect(), lines, width: WIDTH, height: HEIGHT }
    }

    /// Whether there is anything to show.
    pub fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.parts.is_empty())
    }
}

/// The least even number of two digits' grain that is not below: 37 → 40, 1,204 → 1,300.
fn ceiling(value: u64) -> u64 {
    let mut grain = 1;
    while value / grain >= 100 {
        grain *= 10;
    }
    let step = if value / grain >= 10 { grain * 10 } else { grain * 2 };
    value.div_ceil(step.max(2)).max(1) * step.max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_within_the_chart() {
        for top in [0, 1, 2, 37, 99, 100, 1_204, 98_765] {
            let counts = BTreeMap::from([("pass".to_string(), top), ("hold".to_string(), top / 3)]);
            let days: Vec<_> = (0..30).map(|d| (format!("11/{d}"), counts.clone())).collect();
            let bars = Bars::new(&["pass", "hold"], &days);
            assert_eq!(bars.is_empty(), top == 0);
            for part in bars.columns.iter().flat_map(|c| &c.parts) {
                assert!(part.y >= 7.9 && part.y + part.height <= HEIGHT - BELOW + 0.1, "{top}: {}", part.y);
            }
            assert!(ceiling(top) >= top.max(2) && ceiling(top).is_multiple_of(2), "{top} → {}", ceiling(top));
        }
    }
}
