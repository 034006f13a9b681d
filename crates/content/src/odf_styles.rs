//! Styles of OpenDocument (ISO/IEC 26300 part 3 section 16), as far as they hide what has them: not displayed,
//! white on nothing, a slide that is not shown.

use std::collections::HashSet;

use super::xml::Element;

/// The styles of a document that hide something, by name.
#[derive(Default)]
pub struct Styles {
    hidden: HashSet<String>,
    white: HashSet<String>,
    /// Of shapes, cells and pages with a colour of their own.
    filled: HashSet<String>,
    hidden_pages: HashSet<String>,
    name: String,
    is_white: bool,
    is_shaded: bool,
}

impl Styles {
    /// Takes in an element of a style.
    pub fn start(&mut self, e: &Element<'_>) {
        let is = |name: &str, values: &[&str]| e.attribute(name).is_some_and(|v| values.contains(&&*v));
        match e.name() {
            "style" => {
                self.name = e.attribute("name").unwrap_or_default().into_owned();
                (self.is_white, self.is_shaded) = (false, false);
            }
            "text-properties" | "table-properties" => {
                if is("display", &["false", "none"]) {
                    self.hidden.insert(self.name.clone());
                }
                self.is_white |= e.attribute("color").is_some_and(|c| c.eq_ignore_ascii_case("#ffffff"));
            }
            "drawing-page-properties" if is("visibility", &["hidden"]) => {
                self.hidden_pages.insert(self.name.clone());
            }
            _ => {}
        }
        if e.name().ends_with("-properties") {
            let colored = |c: &str| c != "transparent" && !c.eq_ignore_ascii_case("#ffffff");
            if e.attribute("background-color").is_some_and(|c| colored(&c)) {
                self.is_shaded = true;
                self.filled.insert(self.name.clone());
            }
            let white = e.attribute("fill-color").is_some_and(|c| c.eq_ignore_ascii_case("#ffffff"));
            if is("fill", &["solid", "gradient", "bitmap", "hatch"]) && !white {
                self.filled.insert(self.name.clone());
            }
        }
    }

    /// The end of an element: a style is known whole.
    pub fn end(&mut self, name: &str) {
        if name == "style" && self.is_white && !self.is_shaded {
            self.white.insert(std::mem::take(&mut self.name));
        }
    }

    fn has(set: &HashSet<String>, e: &Element<'_>) -> bool {
        !set.is_empty() && e.attribute("style-name").is_some_and(|s| set.contains(&*s))
    }

    /// Whether what has the element's style is not displayed.
    pub fn hides(&self, e: &Element<'_>) -> bool {
        Styles::has(&self.hidden, e)
    }

    /// Whether the words of the element are white on nothing.
    pub fn is_white(&self, e: &Element<'_>) -> bool {
        Styles::has(&self.white, e)
    }

    /// Whether the shape, cell or page has a colour of its own.
    pub fn is_filled(&self, e: &Element<'_>) -> bool {
        Styles::has(&self.filled, e)
    }

    /// Whether the page is a slide that is not shown.
    pub fn hides_page(&self, e: &Element<'_>) -> bool {
        Styles::has(&self.hidden_pages, e)
    }
}
