//! What hides text on a page: attributes and CSS declarations. Only what mail programs honour and
//! what people hide things with is understood.

use std::collections::HashSet;

/// A colour as 24 bits, or none where it is not known.
pub type Colour = Option<u32>;

/// What the style of an element says, where it says anything.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Style {
    pub hidden: bool,
    /// Text in a size of nothing; unlike `hidden`, an element within may undo it.
    pub size_zero: Option<bool>,
    pub colour: Colour,
    pub background: Colour,
    pub preformatted: Option<bool>,
}

/// Reads the declarations of a `style` attribute.
pub fn declarations(text: &str) -> Style {
    let mut style = Style::default();
    let (mut no_height, mut clipped) = (false, false);
    for declaration in text.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim().to_ascii_lowercase();
        let value = value.split('!').next().unwrap_or("").trim();
        match name.as_str() {
            "display" => style.hidden |= value == "none",
            "visibility" => style.hidden |= matches!(value, "hidden" | "collapse"),
            "mso-hide" => style.hidden |= value == "all",
            "opacity" => style.hidden |= value.parse::<f32>().is_ok_and(|v| v <= 0.01),
            "font-size" => style.size_zero = Some(is_tiny(value)),
            "height" | "max-height" => no_height |= is_nothing(value),
            "overflow" => clipped |= value == "hidden",
            "text-indent" | "left" | "top" | "margin-left" => style.hidden |= is_far_off(value),
            "color" => style.colour = colour(value).or(style.colour),
            "background-color" => style.background = colour(value).or(style.background),
            "background" => {
                let found = value.split([' ', ',']).find_map(colour);
                style.background = found.or(style.background);
            }
            "white-space" => style.preformatted = Some(value.starts_with("pre")),
            _ => {}
        }
    }
    style.hidden |= no_height && clipped;
    style
}

fn length(value: &str) -> Option<f32> {
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    digits.parse().ok()
}

fn is_nothing(value: &str) -> bool {
    length(value) == Some(0.0)
}

/// A size in which nobody reads: a pixel or less.
fn is_tiny(value: &str) -> bool {
    let small = if value.ends_with("px") || value.ends_with("pt") { 1.0 } else { 0.0 };
    length(value).is_some_and(|v| v <= small)
}

fn is_far_off(value: &str) -> bool {
    length(value).is_some_and(|v| v <= -900.0)
}

/// A colour by name, `#rgb`, `#rrggbb` or `rgb(r, g, b)`.
pub fn colour(value: &str) -> Colour {
    let value = value.trim().to_ascii_lowercase();
    if let Some(hex) = value.strip_prefix('#') {
        let n = u32::from_str_radix(hex, 16).ok()?;
        return match hex.len() {
            3 => Some((n >> 8 & 0xf) * 0x11_0000 + (n >> 4 & 0xf) * 0x1100 + (n & 0xf) * 0x11),
            6 => Some(n),
            _ => None,
        };
    }
    if let Some(inner) = value.strip_prefix("rgb(").and_then(|v| v.strip_suffix(')')) {
        let mut parts = inner.split(',').map(|p| p.trim().parse::<u8>().ok());
        let (r, g, b) = (parts.next()??, parts.next()??, parts.next()??);
        return Some(u32::from(r) << 16 | u32::from(g) << 8 | u32::from(b));
    }
    match value.as_str() {
        "white" | "window" => Some(0xff_ffff),
        "black" | "windowtext" => Some(0),
        "red" => Some(0xff_0000),
        "blue" => Some(0xff),
        "yellow" => Some(0xff_ff00),
        "gray" | "grey" => Some(0x80_8080),
        "silver" => Some(0xc0_c0c0),
        "whitesmoke" => Some(0xf5_f5f5),
        _ => None,
    }
}

/// Whether text of one colour can be told from its background: not where they all but agree.
pub fn indistinct(text: u32, background: u32) -> bool {
    let apart = |shift: u32| (text >> shift & 0xff).abs_diff(background >> shift & 0xff);
    apart(16) <= 4 && apart(8) <= 4 && apart(0) <= 4
}

/// The classes and ids that a style sheet hides.
#[derive(Default)]
pub struct Sheet {
    hidden: HashSet<String>,
}

/// Rules beyond this are not looked at; no mail has so many.
const RULES: usize = 2000;

impl Sheet {
    /// Reads the rules of a `<style>` element outside any `@` rule: what a narrow screen or a
    /// printer hides is shown elsewhere.
    pub fn add(&mut self, css: &str) {
        let mut rest = css;
        for _ in 0..RULES {
            let Some(open) = rest.find('{') else { return };
            let (selector, body) = (&rest[..open], &rest[open + 1..]);
            let selector = selector.rsplit(['}', ';']).next().unwrap_or(selector);
            if selector.contains('@') {
                rest = body.get(end_of_block(body)..).unwrap_or("");
                continue;
            }
            let end = body.find('}').unwrap_or(body.len());
            let style = declarations(&body[..end]);
            if style.hidden || style.size_zero == Some(true) {
                for one in selector.split(',') {
                    let one = one.rsplit("*/").next().unwrap_or(one).trim();
                    let simple = one.starts_with(['.', '#'])
                        && !one[1..].contains([' ', '>', ':', '.', '#', '[', '+', '~']);
                    if simple {
                        self.hidden.insert(one.to_ascii_lowercase());
                    }
                }
            }
            rest = body.get(end + 1..).unwrap_or("");
        }
    }

    /// Whether an element with these classes and this id is hidden.
    pub fn hides(&self, classes: &str, id: &str) -> bool {
        if self.hidden.is_empty() {
            return false;
        }
        let class = |c: &str| self.hidden.contains(&format!(".{}", c.to_ascii_lowercase()));
        classes.split_ascii_whitespace().any(class)
            || (!id.is_empty() && self.hidden.contains(&format!("#{}", id.to_ascii_lowercase())))
    }
}

/// Where the block that is open at the start of `css` ends, nested blocks and all.
fn end_of_block(css: &str) -> usize {
    let mut depth = 1;
    for (i, b) in css.bytes().enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    css.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides() {
        for css in [
            "display:none",
            "DISPLAY : none !important",
            "visibility:hidden",
            "mso-hide:all",
            "max-height:0; overflow:hidden",
            "opacity:0",
            "position:absolute;left:-9999px",
        ] {
            assert!(declarations(css).hidden, "{css}");
        }
        for css in ["display:block", "max-height:0", "opacity:0.5", "left:-3px", "color:#fff"] {
            assert!(!declarations(css).hidden, "{css}");
        }
        assert_eq!(declarations("font-size:0").size_zero, Some(true));
        assert_eq!(declarations("font-size:12pt").size_zero, Some(false));
    }

    #[test]
    fn sheets_and_colours() {
        let mut sheet = Sheet::default();
        sheet.add(
            "p{color:red} .pre, #x{display:none} @media (max-width:1px){.m{display:none}} .n{font-size:0}",
        );
        assert!(sheet.hides("a pre", "") && sheet.hides("", "X") && sheet.hides("n", ""));
        assert!(!sheet.hides("m", "") && !sheet.hides("p", ""));
        assert_eq!(colour("#fff"), Some(0xff_ffff));
        assert_eq!(colour("rgb(1, 2,3)"), Some(0x01_0203));
        assert!(indistinct(0xff_ffff, 0xfe_fefe) && !indistinct(0, 0xff_ffff));
    }
}
