//! Text from outside made safe to show: one line, no control or direction characters, capped. What
//! passes through here can break neither a header nor the look of a notice.

/// One line of at most `max` characters; longer text ends in an ellipsis. Control characters and
/// line separators become single spaces; characters that turn the writing direction or show
/// nothing (and so could disguise an address) are dropped.
pub fn line(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    let mut space = false;
    for c in text.chars() {
        if disguises(c) {
            continue;
        }
        if c.is_control() || c.is_whitespace() {
            space = length > 0;
            continue;
        }
        let needed = 1 + usize::from(space);
        if length + needed > max {
            return cut(out, length, max);
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        out.push(c);
        length += needed;
    }
    out
}

/// Text of several lines, each cleaned; empty ones are left out.
pub fn lines(text: &str, max: usize) -> Vec<String> {
    text.lines().map(|l| line(l, max)).filter(|l| !l.is_empty()).collect()
}

/// What can stand for an identifier (a case number, a rule's name) in a text or a command: ASCII
/// letters, digits and `-_.`, at most 60 of them.
pub fn token(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(60).collect()
}

/// Ends `out`, which holds `length` of at most `max` characters, in an ellipsis.
fn cut(mut out: String, length: usize, max: usize) -> String {
    if max == 0 {
        return String::new();
    }
    if length >= max {
        out.pop();
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// Marks of direction, joiners and fillers that print nothing (Unicode 16, general category Cf and
/// the Hangul fillers), which are of use to nobody but a forger in a notice.
fn disguises(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(line("a\r\nBcc: x@example.com", 99), "a Bcc: x@example.com");
        assert_eq!(line("  説明会の\n ご案内 ", 99), "説明会の ご案内");
        assert_eq!(line("gpj.\u{202e}exe\u{200b}", 99), "gpj.exe");
        assert_eq!(line("一二三四五", 5), "一二三四五");
        assert_eq!(line("一二三四五六", 5), "一二三四…");
        assert_eq!(line("一二三 五六", 5), "一二三…");
        assert_eq!(line("一", 0), "");
    }

    #[test]
    fn a_token_fits_a_command() {
        assert_eq!(token("K7F3-22QX; rm -rf"), "K7F3-22QXrm-rf");
    }

    proptest! {
        #[test]
        fn nothing_breaks_out(text in "\\PC*|(?s).*", max in 0usize..40) {
            let out = line(&text, max);
            prop_assert!(out.chars().count() <= max);
            prop_assert!(!out.chars().any(|c| c.is_control() || disguises(c)));
            prop_assert_eq!(out.trim(), out.as_str());
        }
    }
}
