//! RTF in the packed form that Outlook stores ([MS-OXRTFCP]).

/// What the window of the packed form holds at first ([MS-OXRTFCP] section 2.1.2.1).
const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// Unpacks the form that Outlook stores; `limit` bytes at the most.
pub fn decompress(bytes: &[u8], limit: u64) -> Option<Vec<u8>> {
    let field = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let size = field(4)? as usize;
    let body = bytes.get(16..)?;
    match field(8)? {
        0x414c_454d => return body.get(..size.min(body.len())).map(<[u8]>::to_vec),
        0x7546_5a4c => {}
        _ => return None,
    }
    let mut window = [b' '; 4096];
    window[..DICTIONARY.len()].copy_from_slice(DICTIONARY);
    let mut write = DICTIONARY.len();
    let mut out = Vec::new();
    let mut input = body.iter().copied();
    while let Some(control) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else {
                return Some(out);
            };
            let mut put = |b: u8, out: &mut Vec<u8>| {
                window[write] = b;
                write = (write + 1) % 4096;
                out.push(b);
            };
            if control >> bit & 1 == 0 {
                put(first, &mut out);
                continue;
            }
            let Some(second) = input.next() else {
                return Some(out);
            };
            let token = u16::from_be_bytes([first, second]);
            let (offset, length) = (usize::from(token >> 4), usize::from(token & 0xf) + 2);
            if offset == write {
                return Some(out);
            }
            for i in 0..length {
                let b = window[(offset + i) % 4096];
                window[write] = b;
                write = (write + 1) % 4096;
                out.push(b);
            }
            if out.len() as u64 > limit {
                return None;
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_packed_form() {
        // The example of [MS-OXRTFCP] section 3.1.1.
        let packed = [
            0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0, 0x0a, 0,
            0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09,
            0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
        ];
        let text = super::decompress(&packed, 1000).unwrap();
        assert_eq!(text, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    }
}
