//! Changes to bytes and to text, blind to what they mean.

use super::dice::Dice;

/// Inputs do not grow beyond this.
pub const LARGEST: usize = 256 * 1024;

/// Numbers at which readers stumble.
pub const NUMBERS: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

/// Words of the formats, which no blind change would make.
const WORDS: &[&str] = &[
    "\r\n.\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    "\0",
    "=?utf-8?B?",
    "=?iso-2022-jp?B?GyRC?=",
    "--=b\r\n",
    "--=b--\r\n",
    "Content-Type: multipart/mixed; boundary=\"=b\"\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "filename*0*=utf-8''%e5%90%8d;",
    "To: ",
    "Bcc: x@example.com\r\n",
    "<a@example.com>",
    "undisclosed-recipients:;",
    "MAIL FROM:<",
    "RCPT TO:<a@example.com>\r\n",
    "DATA\r\n",
    "RSET\r\n",
    "XCLIENT ADDR=",
    "250-",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x [<!ENTITY a \"&a;\">]>",
    "&#x10ffff;",
    "&#55296;",
    "<table><tr><td rowspan=65535 colspan=65535>",
    "</w:p>",
    "<w:tbl><w:tr><w:tc>",
    "<c r=\"XFD1048576\" t=\"s\"><v>4294967295</v></c>",
    "table:number-columns-repeated=\"2147483647\"",
    "table:number-rows-repeated=\"2147483647\"",
    "<mergeCell ref=\"A1:XFD1048576\"/>",
    "{\\*\\objdata ",
    "\\u-1?",
    "\\bin2147483647 ",
    "\\'8e",
    "\\upr",
    "/Length 9999999999",
    "/Filter [/FlateDecode /FlateDecode]",
    "/Kids [2 0 R]",
    "/ToUnicode 4 0 R",
    "/Encoding /UniJIS-UTF16-H",
    "/W [0 65535 -1e30]",
    "<</Length 4 0 R>>",
    "<0000> <FFFFFFFF> <0000>",
    "beginbfrange",
    "BT /F1 1e38 Tf",
    "(a) Tj",
    "/X1 Do",
    "\x1b$B",
    "\x1b(B",
    "begin 644 a\n",
    "when = \"",
    "recipients.visible_parties >= ",
    "[[rule]]\n",
    "size(",
    "matches('",
];

/// A few changes to bytes; `other` is another sample, to take pieces from.
pub fn bytes(dice: &mut Dice, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut out = input.to_vec();
    let rounds = 1 << dice.below(5);
    for _ in 0..rounds {
        once(dice, &mut out, other);
    }
    out.truncate(LARGEST);
    out
}

fn once(dice: &mut Dice, out: &mut Vec<u8>, other: &[u8]) {
    let at = dice.below(out.len() + 1);
    let to = (at + length(dice)).min(out.len());
    match dice.below(13) {
        0 if at < out.len() => out[at] = dice.next() as u8,
        1 if at < out.len() => out[at] ^= 1 << dice.below(8),
        2 => drop(out.drain(at..to)),
        3 => {
            let piece = out[at..to].to_vec();
            insert(out, at, &piece.repeat(1 + dice.below(4)));
        }
        4 => {
            let piece = out[at..to].to_vec();
            let place = dice.below(out.len() + 1);
            insert(out, place, &piece);
        }
        5 => number(dice, out, at),
        6 => digits(dice, out, at),
        7 | 8 => {
            let word = WORDS[dice.below(WORDS.len())].as_bytes();
            insert(out, at, word);
        }
        9 => {
            let from = dice.below(other.len() + 1);
            let end = (from + length(dice)).min(other.len());
            insert(out, at, &other[from..end]);
        }
        10 => out.truncate(at),
        11 => {
            let piece: Vec<u8> = (0..dice.below(16)).map(|_| dice.next() as u8).collect();
            insert(out, at, &piece);
        }
        _ => {
            // One piece many times over: what costs a search for each.
            let piece = out[at..to.min(at + 24)].to_vec();
            let times = 1 << dice.below(12);
            insert(out, at, &piece.repeat(times.min(64 * 1024 / piece.len().max(1))));
        }
    }
}

/// Short mostly, and long now and then.
pub fn length(dice: &mut Dice) -> usize {
    let most = 1 << dice.below(12);
    dice.below(most)
}

fn insert(out: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if out.len() + piece.len() <= LARGEST {
        out.splice(at..at, piece.iter().copied());
    }
}

/// Puts an odd number over the bytes, in 1 to 8 bytes of either order.
fn number(dice: &mut Dice, out: &mut [u8], at: usize) {
    let number = NUMBERS[dice.below(NUMBERS.len())].wrapping_add(dice.below(3) as u64).wrapping_sub(1);
    let width = 1 << dice.below(4);
    let Some(place) = out.get_mut(at..at + width) else {
        return;
    };
    if dice.once_in(2) {
        place.copy_from_slice(&number.to_le_bytes()[..width]);
    } else {
        place.copy_from_slice(&number.to_be_bytes()[8 - width..]);
    }
}

/// Puts an odd number in the place of the next one that is written in digits.
pub fn digits(dice: &mut Dice, out: &mut Vec<u8>, at: usize) {
    let Some(start) = out[at..].iter().position(u8::is_ascii_digit).map(|n| at + n) else {
        return;
    };
    let length = out[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let number = NUMBERS[dice.below(NUMBERS.len())];
    let text = match dice.below(4) {
        0 => format!("-{number}"),
        1 => format!("{number}e{}", dice.below(400)),
        _ => number.to_string(),
    };
    out.splice(start..start + length, text.bytes());
}
