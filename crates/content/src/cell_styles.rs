//! The styles of a workbook's cells (ECMA-376 part 1 section 18.8): the number formats, and which styles show
//! nothing: white on nothing, or a format without a place for the value (`;;;`).

use std::collections::HashMap;

use super::Why;
use super::number_format::NumberFormat;
use super::xml::{Element, Node, walk};

/// The styles of cells, by their index.
#[derive(Default)]
pub struct Styles {
    pub formats: Vec<NumberFormat>,
    /// Whether a cell of the style shows nothing.
    pub unseen: Vec<bool>,
}

#[derive(Default)]
struct CellStyleReading {
    codes: HashMap<u32, (NumberFormat, bool)>,
    white_fonts: Vec<bool>,
    filled: Vec<bool>,
    styles: Styles,
    within: Within,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Within {
    #[default]
    Nothing,
    Fonts,
    Fills,
    Cells,
}

/// Reads `xl/styles.xml`.
pub fn read(bytes: &[u8]) -> Result<Styles, Why> {
    let mut reading = CellStyleReading::default();
    walk(bytes, |node| {
        match node {
            Node::Start(e) => reading.start(e),
            Node::End("fonts" | "fills" | "cellXfs") => reading.within = Within::Nothing,
            _ => {}
        }
        Ok(())
    })?;
    Ok(reading.styles)
}

impl CellStyleReading {
    fn start(&mut self, e: &Element<'_>) {
        let number = |name: &str| e.attribute(name).and_then(|i| i.parse::<u32>().ok());
        match (e.name(), self.within) {
            ("fonts", _) => self.within = Within::Fonts,
            ("fills", _) => self.within = Within::Fills,
            ("cellXfs", _) => self.within = Within::Cells,
            ("numFmt", _) => {
                if let (Some(id), Some(code)) = (number("numFmtId"), e.attribute("formatCode")) {
                    self.codes.insert(id, (NumberFormat::parse(&code), shows_nothing(&code)));
                }
            }
            ("font", Within::Fonts) => self.white_fonts.push(false),
            ("color", Within::Fonts) => {
                if let Some(font) = self.white_fonts.last_mut() {
                    *font = is_white(e);
                }
            }
            ("fill", Within::Fills) => self.filled.push(false),
            ("patternFill", Within::Fills) => {
                let kind = e.attribute("patternType").unwrap_or_default();
                self.fill(!matches!(&*kind, "" | "none"));
            }
            ("fgColor", Within::Fills) if is_white(e) => self.fill(false),
            ("gradientFill", Within::Fills) => self.fill(true),
            ("xf", Within::Cells) => self.cell(
                number("numFmtId").unwrap_or(0),
                number("fontId").unwrap_or(0) as usize,
                number("fillId").unwrap_or(0) as usize,
            ),
            _ => {}
        }
    }

    fn fill(&mut self, filled: bool) {
        if let Some(fill) = self.filled.last_mut() {
            *fill = filled;
        }
    }

    fn cell(&mut self, format: u32, font: usize, fill: usize) {
        let code = self.codes.get(&format);
        let white = self.white_fonts.get(font).copied().unwrap_or(false);
        let filled = self.filled.get(fill).copied().unwrap_or(false);
        self.styles.unseen.push(white && !filled || code.is_some_and(|c| c.1));
        self.styles.formats.push(code.map_or_else(|| NumberFormat::built_in(format), |c| c.0.clone()));
    }
}

/// Whether a colour is white: ARGB, or the theme's first, which is the sheet's own.
fn is_white(e: &Element<'_>) -> bool {
    let white = |c: &str| c.len() >= 6 && c[c.len() - 6..].eq_ignore_ascii_case("ffffff");
    let theme = e.attribute("theme").is_some_and(|t| &*t == "0") && e.attribute("tint").is_none();
    e.attribute("rgb").is_some_and(|c| c.is_ascii() && white(&c)) || theme
}

/// Whether a format has no place for any value: `;;;`.
fn shows_nothing(code: &str) -> bool {
    let code = code.trim();
    code.len() >= 2 && code.bytes().all(|b| b == b';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_that_show_nothing_are_known() {
        let xml = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\";;;\"/></numFmts>\
            <fonts><font><color rgb=\"FF000000\"/></font><font><color rgb=\"FFFFFFFF\"/></font>\
            <font><color theme=\"0\"/></font><font><color theme=\"0\" tint=\"-0.5\"/></font></fonts>\
            <fills><fill><patternFill patternType=\"none\"/></fill>\
            <fill><patternFill patternType=\"solid\"><fgColor rgb=\"FF1F3864\"/></patternFill></fill>\
            <fill><patternFill patternType=\"solid\"><fgColor theme=\"0\"/></patternFill></fill></fills>\
            <cellStyleXfs><xf fontId=\"1\"/></cellStyleXfs><cellXfs><xf/><xf fontId=\"1\"/><xf fontId=\"1\" fillId=\"1\"/>\
            <xf fontId=\"2\" fillId=\"2\"/><xf fontId=\"3\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>";
        let styles = read(xml.as_bytes()).unwrap();
        assert_eq!(styles.unseen, [false, true, false, true, false, true]);
        assert_eq!(styles.formats.len(), 6);
        for code in ["0;;;", "General", "", ";", "@"] {
            assert!(!shows_nothing(code), "{code}");
        }
    }
}
