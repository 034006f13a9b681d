//! How the text of a page is laid out in lines: blanks are one, blocks and paragraphs end lines.

/// Appends text with each run of blanks as one space, and none at the start of a line.
pub fn collapse(out: &mut String, text: &str) {
    let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'\x0c');
    let bytes = text.as_bytes();
    // From here on nothing has been appended; single spaces between words go along with them.
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !blank(bytes[at]) {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().position(|b| !blank(*b)).unwrap_or(bytes.len() - at);
        if run == 1 && bytes[at] == b' ' && at > from {
            at += 1;
            continue;
        }
        out.push_str(&text[from..at]);
        if !out.is_empty() && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
        at += run;
        from = at;
    }
    out.push_str(&text[from..]);
}

/// Begins a new line, where one is not begun already.
pub fn end_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

/// Leaves a line empty, where one is not already.
pub fn end_paragraph(out: &mut String) {
    end_line(out);
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}
