//! What is drawn on the pages of a PDF: the operators of content streams (ISO 32000-1 annex A), as
//! far as they place text.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_cmap::BfString;
use hayro_syntax::content::UntypedIter;
use hayro_syntax::object::{Array, Dict, Name, Object, ObjectIdentifier, Stream, String as PdfString};
use hayro_syntax::page::Resources;

use super::extraction::Extraction;
use super::pdf::{decode, text_string};
use super::pdf_font::Font;
use super::{Limit, Why};

/// Drawings within drawings, beyond which the inner ones are not followed.
const DEEPEST: u32 = 8;

/// A transformation of the plane: a b c d e f (section 8.3.3).
#[derive(Clone, Copy)]
struct Matrix([f32; 6]);

impl Matrix {
    const IDENTITY: Matrix = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First `self`, then `other`.
    fn then(self, other: Matrix) -> Matrix {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, other.0);
        Matrix([
            a * g + b * i,
            a * h + b * j,
            c * g + d * i,
            c * h + d * j,
            e * g + f * i + k,
            e * h + f * j + l,
        ])
    }
}

/// What `q` keeps and `Q` brings back.
#[derive(Clone)]
struct PdfPageState {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    character_space: f32,
    word_space: f32,
    scale: f32,
    leading: f32,
    render: i32,
    /// Whether what is filled is filled in white.
    white: bool,
}

/// What has been read of the pages so far.
#[derive(Default)]
pub struct Reading {
    pub out: String,
    pub comments: String,
    fonts: HashMap<ObjectIdentifier, Rc<Font>>,
    /// Where the last character ended on the page, and its size.
    last: Option<(f32, f32, f32)>,
    pub decoded: usize,
    pub undecodable: usize,
    pub invisible: usize,
    /// Stretches of text in white on a page that nothing was drawn on before.
    pub white: usize,
    /// Whether something of another colour lies on the page at hand.
    covered: bool,
    pub wordless_pages: usize,
    operations: u32,
}

impl Reading {
    /// Begins a new line; what is drawn next is no part of the last one.
    pub fn end_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.last = None;
    }

    /// Reads a page: what is drawn on it, its fields and its comments.
    pub fn page(
        &mut self,
        x: &mut Extraction,
        page: &Dict<'_>,
        resources: &Resources<'_>,
    ) -> Result<(), Why> {
        let mut data = Vec::new();
        if let Some(stream) = page.get::<Stream<'_>>(b"Contents") {
            data = decode(x, &stream)?;
        } else if let Some(list) = page.get::<Array<'_>>(b"Contents") {
            for stream in list.iter::<Stream<'_>>() {
                data.extend(decode(x, &stream)?);
                data.push(b'\n');
                if data.len() as u64 > x.budget.limits.file_bytes {
                    return Err(Why::OverLimit(Limit::FileBytes));
                }
            }
        }
        self.covered = false;
        let before = self.decoded + self.undecodable;
        let drawn = self.draw(x, &data, resources, Matrix::IDENTITY, 0)?;
        if drawn && self.decoded + self.undecodable == before {
            self.wordless_pages += 1;
        }
        self.annotations(x, page)
    }

    /// Follows the operators of a page or a form. True where a picture or a shape was drawn.
    fn draw(
        &mut self,
        x: &mut Extraction,
        data: &[u8],
        resources: &Resources<'_>,
        ctm: Matrix,
        depth: u32,
    ) -> Result<bool, Why> {
        let mut state = PdfPageState {
            ctm,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            render: 0,
            white: false,
        };
        let mut stack: Vec<PdfPageState> = Vec::new();
        let (mut line, mut text) = (Matrix::IDENTITY, Matrix::IDENTITY);
        let mut pictures = false;
        let mut operations = UntypedIter::new(data);
        while let Some(operation) = operations.next() {
            self.operations = self.operations.wrapping_add(1);
            if self.operations.is_multiple_of(2048) {
                x.budget.time()?;
            }
            let operands: Vec<&Object<'_>> = operation.operands().collect();
            let number = |i: usize| match operands.get(i) {
                Some(Object::Number(n)) => n.as_f32(),
                _ => 0.0,
            };
            let matrix = || Matrix([number(0), number(1), number(2), number(3), number(4), number(5)]);
            let step = |line: Matrix, tx: f32, ty: f32| Matrix([1.0, 0.0, 0.0, 1.0, tx, ty]).then(line);
            match &**operation.operator {
                b"q" if stack.len() < 256 => stack.push(state.clone()),
                b"Q" => state = stack.pop().unwrap_or(state),
                b"cm" => state.ctm = matrix().then(state.ctm),
                b"BT" => (line, text) = (Matrix::IDENTITY, Matrix::IDENTITY),
                b"Tf" => {
                    if let Some(Object::Name(name)) = operands.first() {
                        state.font = self.font(x, resources, name)?;
                    }
                    state.size = number(1);
                }
                b"Tc" => state.character_space = number(0),
                b"Tw" => state.word_space = number(0),
                b"Tz" => state.scale = number(0) / 100.0,
                b"TL" => state.leading = number(0),
                b"Tr" => state.render = number(0) as i32,
                b"Tm" => (line, text) = (matrix(), matrix()),
                b"Td" | b"TD" => {
                    if &**operation.operator == b"TD" {
                        state.leading = -number(1);
                    }
                    line = step(line, number(0), number(1));
                    text = line;
                }
                b"T*" => {
                    line = step(line, 0.0, -state.leading);
                    text = line;
                }
                b"Tj" => self.show(x, &state, &mut text, operands.first().copied())?,
                b"'" | b"\"" => {
                    if operands.len() == 3 {
                        (state.word_space, state.character_space) = (number(0), number(1));
                    }
                    line = step(line, 0.0, -state.leading);
                    text = line;
                    self.show(x, &state, &mut text, operands.last().copied())?;
                }
                b"TJ" => {
                    if let Some(Object::Array(list)) = operands.first() {
                        for object in list.iter::<Object<'_>>() {
                            match object {
                                Object::Number(n) => {
                                    advance(&state, &mut text, -n.as_f32() / 1000.0 * state.size)
                                }
                                other => self.show(x, &state, &mut text, Some(&other))?,
                            }
                        }
                    }
                }
                b"Do" => {
                    if let Some(Object::Name(name)) = operands.first() {
                        pictures |= self.external(x, resources, name, &state, depth)?;
                    }
                }
                b"g" | b"rg" | b"k" | b"sc" | b"scn" => {
                    let numbers = operands.iter().filter(|o| matches!(o, Object::Number(_))).count();
                    let all = |wanted: f32| (0..numbers).all(|i| (number(i) - wanted).abs() < 0.01);
                    // Ink for each of four colours, light for one or three (section 8.6.4).
                    let inked = numbers == 4;
                    state.white =
                        numbers == operands.len() && numbers > 0 && all(if inked { 0.0 } else { 1.0 });
                }
                b"cs" => state.white = false,
                b"BI" | b"sh" => (pictures, self.covered) = (true, true),
                b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" => {
                    pictures = true;
                    self.covered |= !state.white;
                }
                _ => {}
            }
        }
        Ok(pictures)
    }

    /// An external object: a form is followed, a picture is noticed.
    fn external(
        &mut self,
        x: &mut Extraction,
        resources: &Resources<'_>,
        name: &Name<'_>,
        state: &PdfPageState,
        depth: u32,
    ) -> Result<bool, Why> {
        let Some(stream) = resources.get_x_object(name) else {
            return Ok(false);
        };
        let dict = stream.dict();
        if dict.get::<Name<'_>>(b"Subtype").is_none_or(|n| n.as_ref() != b"Form") {
            self.covered = true;
            return Ok(true);
        }
        if depth >= DEEPEST {
            return Ok(false);
        }
        let data = decode(x, &stream)?;
        let numbers: Vec<f32> =
            dict.get::<Array<'_>>(b"Matrix").map(|m| m.iter::<f32>().take(6).collect()).unwrap_or_default();
        let matrix = <[f32; 6]>::try_from(numbers).map_or(Matrix::IDENTITY, Matrix);
        let ctm = matrix.then(state.ctm);
        match dict.get::<Dict<'_>>(b"Resources") {
            Some(own) => self.draw(x, &data, &Resources::new(own), ctm, depth + 1),
            None => self.draw(x, &data, resources, ctm, depth + 1),
        }
    }

    fn font(
        &mut self,
        x: &mut Extraction,
        resources: &Resources<'_>,
        name: &Name<'_>,
    ) -> Result<Option<Rc<Font>>, Why> {
        let id = resources.fonts.get_ref(name).map(ObjectIdentifier::from);
        if let Some(known) = id.and_then(|id| self.fonts.get(&id)) {
            return Ok(Some(known.clone()));
        }
        let Some(dict) = resources.get_font(name) else {
            return Ok(None);
        };
        let mut over = None;
        let font = Rc::new(Font::read(&dict, &mut |stream| match decode(x, stream) {
            Ok(data) => Some(data),
            Err(why) => {
                over = Some(why);
                None
            }
        }));
        if let Some(why @ Why::OverLimit(_)) = over {
            return Err(why);
        }
        if let Some(id) = id {
            self.fonts.insert(id, font.clone());
        }
        Ok(Some(font))
    }

    fn show(
        &mut self,
        x: &mut Extraction,
        state: &PdfPageState,
        text: &mut Matrix,
        operand: Option<&Object<'_>>,
    ) -> Result<(), Why> {
        let (Some(Object::String(string)), Some(font)) = (operand, &state.font) else {
            return Ok(());
        };
        x.budget.bytes(string.as_bytes().len())?;
        let decoded = self.decoded;
        let mut first = true;
        font.characters(string.as_bytes(), |glyph| {
            let shown = glyph.text.filter(|t| !matches!(t, BfString::Char('\0' | '\u{fffd}')));
            match shown {
                Some(shown) => {
                    self.place(state, text, font.vertical, first, &shown);
                    self.decoded += 1;
                    self.invisible += usize::from(state.render == 3);
                }
                None => self.undecodable += 1,
            }
            first = false;
            let space = state.character_space + if glyph.is_space { state.word_space } else { 0.0 };
            let width = if font.vertical { -1000.0 } else { glyph.width };
            advance(state, text, width / 1000.0 * state.size + space);
            let end = text.then(state.ctm).0;
            if let Some(last) = &mut self.last {
                (last.0, last.1) = (end[4], end[5]);
            }
        });
        // Filled and no outline around it (section 9.3.6).
        let white = state.white && matches!(state.render, 0 | 4) && !self.covered;
        self.white += usize::from(white && self.decoded > decoded);
        Ok(())
    }

    /// Appends a character; before it a line's end, a tab or a space, by how far it stands from
    /// the last one.
    fn place(&mut self, state: &PdfPageState, text: &Matrix, vertical: bool, first: bool, shown: &BfString) {
        let at = text.then(state.ctm).0;
        let size = (at[2].hypot(at[3]) * state.size).abs().max(0.1);
        if first && let Some((x, y, last)) = self.last {
            let across = if vertical { at[4] - x } else { at[5] - y };
            let along = if vertical { y - at[5] } else { at[4] - x };
            let unit = size.max(last);
            let wide = self.out.chars().next_back().is_some_and(|c| c as u32 >= 0x2e80);
            let gap = if wide { 0.6 } else { 0.2 };
            if across.abs() > unit * 0.6 || along < -unit * 2.0 {
                self.out.push('\n');
            } else if along > unit * 1.2 {
                self.out.push('\t');
            } else if along > unit * gap && !self.out.ends_with([' ', '\t', '\n']) {
                self.out.push(' ');
            }
        }
        match shown {
            // The collections tell half a dozen widths of space apart.
            BfString::Char('\u{2000}'..='\u{200a}' | '\u{a0}') => self.out.push(' '),
            BfString::Char(c) => self.out.push(*c),
            BfString::String(s) => self.out.push_str(s),
        }
        self.last = Some((at[4], at[5], size));
    }

    /// Comments, form fields and links of a page.
    fn annotations(&mut self, x: &mut Extraction, page: &Dict<'_>) -> Result<(), Why> {
        let Some(list) = page.get::<Array<'_>>(b"Annots") else {
            return Ok(());
        };
        for one in list.iter::<Dict<'_>>() {
            x.budget.time()?;
            let kind = one.get::<Name<'_>>(b"Subtype").map(|n| n.as_ref().to_vec());
            match kind.as_deref() {
                Some(b"Link") => {}
                Some(b"Widget") => {
                    let parent = one.get::<Dict<'_>>(b"Parent");
                    let value = one.get::<PdfString<'_>>(b"V");
                    let value = value.or_else(|| parent?.get::<PdfString<'_>>(b"V"));
                    if let Some(value) = value {
                        self.end_line();
                        self.out.push_str(&text_string(value.as_bytes()));
                        self.decoded += 1;
                    }
                }
                _ => {
                    if let Some(value) = one.get::<PdfString<'_>>(b"Contents") {
                        self.comments.push_str(&text_string(value.as_bytes()));
                        self.comments.push('\n');
                    }
                }
            }
        }
        Ok(())
    }
}

/// Moves the place of the next character along the line, or down where the line runs down.
fn advance(state: &PdfPageState, text: &mut Matrix, by: f32) {
    let vertical = state.font.as_ref().is_some_and(|f| f.vertical);
    let (tx, ty) = if vertical { (0.0, by) } else { (by * state.scale, 0.0) };
    *text = Matrix([1.0, 0.0, 0.0, 1.0, tx, ty]).then(*text);
}
