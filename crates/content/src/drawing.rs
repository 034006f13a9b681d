//! Shapes of DrawingML (ECMA-376 part 1 section 20.1), as far as they tell whether a viewer sees their words:
//! hidden shapes, shapes beside the slide, words in white on nothing or too small to be seen.

use super::xml::Element;

/// Words of two points and less are there for those who know. In hundredths of a point.
const TINY: u32 = 200;

/// What is known of the shape at hand and of the run in it.
#[derive(Default)]
pub struct Drawing {
    /// The slide's width and height, in EMU, where there is one.
    pub slide: Option<(i64, i64)>,
    groups: u32,
    shape: Option<Shape>,
    part: DrawingPart,
    /// Elements open within an outline or an effect, whose colours say nothing of the words.
    aside: u32,
    run: Run,
    /// Whether something of another colour lies under the shapes: a background, a picture, a filled shape.
    covered: bool,
}

#[derive(Default)]
struct Shape {
    hidden: bool,
    filled: bool,
    at: Option<(i64, i64)>,
    size: Option<(i64, i64)>,
}

#[derive(Default)]
struct Run {
    white: bool,
    marked: bool,
    tiny: bool,
}

/// Whose colours are being told.
#[derive(Clone, Copy, Default, PartialEq)]
enum DrawingPart {
    #[default]
    None,
    Background,
    Shape,
    Run,
    Mark,
}

impl Drawing {
    pub fn start(&mut self, e: &Element<'_>) {
        let name = e.name();
        if self.aside > 0 || matches!(name, "ln" | "effectLst" | "extLst") {
            self.aside += 1;
            return;
        }
        match name {
            "bg" => self.part = DrawingPart::Background,
            "grpSp" => self.groups += 1,
            "sp" | "wsp" => self.shape = Some(Shape::default()),
            "pic" => self.covered = true,
            "spPr" => self.part = DrawingPart::Shape,
            "rPr" if self.shape.is_some() => {
                self.part = DrawingPart::Run;
                let size = e.attribute("sz").and_then(|s| s.parse::<u32>().ok());
                self.run.tiny = size.is_some_and(|s| s <= TINY);
            }
            "highlight" if self.part == DrawingPart::Run => self.part = DrawingPart::Mark,
            "srgbClr" | "schemeClr" | "sysClr" | "prstClr" => self.color(is_white(e)),
            // A shade of it is no longer white.
            "lumMod" | "shade" | "alpha" if self.part == DrawingPart::Run => self.run.white = false,
            "lumMod" | "shade" => self.color(false),
            "gradFill" | "blipFill" | "pattFill" => self.color(false),
            _ => self.of_shape(e),
        }
    }

    fn of_shape(&mut self, e: &Element<'_>) {
        let Some(shape) = &mut self.shape else {
            return;
        };
        let pair = |a: &str, b: &str| {
            let number = |name: &str| e.attribute(name).and_then(|v| v.parse::<i64>().ok());
            number(a).zip(number(b))
        };
        match e.name() {
            "cNvPr" => shape.hidden |= e.attribute("hidden").is_some_and(|h| matches!(&*h, "1" | "true")),
            "fillRef" => shape.filled |= e.attribute("idx").is_some_and(|i| &*i != "0"),
            "off" if self.part == DrawingPart::Shape => shape.at = pair("x", "y"),
            "ext" if self.part == DrawingPart::Shape => shape.size = pair("cx", "cy").or(shape.size),
            _ => {}
        }
    }

    fn color(&mut self, white: bool) {
        match (self.part, &mut self.shape) {
            (DrawingPart::Background, _) => self.covered |= !white,
            (DrawingPart::Shape, Some(shape)) => shape.filled |= !white,
            (DrawingPart::Run, _) => self.run.white = white,
            (DrawingPart::Mark, _) => self.run.marked |= !white,
            _ => {}
        }
    }

    pub fn end(&mut self, name: &str) {
        if self.aside > 0 {
            self.aside -= 1;
            return;
        }
        match name {
            "bg" | "spPr" | "rPr" => self.part = DrawingPart::None,
            "highlight" if self.part == DrawingPart::Mark => self.part = DrawingPart::Run,
            "grpSp" => self.groups = self.groups.saturating_sub(1),
            "r" | "fld" => self.run = Run::default(),
            "sp" | "wsp" => {
                self.covered |= self.shape.take().is_some_and(|s| s.filled);
            }
            _ => {}
        }
    }

    /// Whether the shape at hand is not shown: hidden, or wholly beside the slide.
    pub fn is_hidden(&self) -> bool {
        let Some(shape) = &self.shape else {
            return false;
        };
        // Within a group, places are the group's own.
        let beside = match (self.slide, shape.at, shape.size) {
            (Some((width, height)), Some((x, y)), size) if self.groups == 0 => {
                let (cx, cy) = size.unwrap_or((1, 1));
                x.saturating_add(cx) <= 0 || y.saturating_add(cy) <= 0 || x >= width || y >= height
            }
            _ => false,
        };
        shape.hidden || beside
    }

    /// Whether the words at hand are too small to be seen, or white on nothing.
    pub fn is_unseen(&self) -> bool {
        let bare = self.shape.as_ref().is_some_and(|s| !s.filled);
        self.run.tiny || self.run.white && bare && !self.covered && !self.run.marked
    }
}

/// Whether a colour is white: by its number, or by the place in the theme that is white in nearly all of them.
fn is_white(e: &Element<'_>) -> bool {
    let value = e.attribute("val").unwrap_or_default();
    match e.name() {
        "schemeClr" => matches!(&*value, "bg1" | "lt1"),
        "sysClr" => e.attribute("lastClr").is_some_and(|c| c.eq_ignore_ascii_case("ffffff")),
        "prstClr" => &*value == "white",
        _ => value.eq_ignore_ascii_case("ffffff"),
    }
}
