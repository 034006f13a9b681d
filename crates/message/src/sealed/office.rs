//! OLE compound files ([MS-CFB]): encrypted packages, which is what a password makes of a new Office
//! file ([MS-OFFCRYPTO] section 2.3), and old Word, Excel and PowerPoint files with a password.

use super::Sealed;

/// The size of a directory entry ([MS-CFB] section 2.6.1).
const ENTRY: usize = 128;

/// Looks through the directory entries, wherever they stand: they are aligned, and their names are
/// in UTF-16.
pub(super) fn ole(bytes: &[u8]) -> Sealed {
    let shift = match bytes.get(30..32) {
        Some([9, 0]) => 9,
        Some([12, 0]) => 12,
        _ => return Sealed::Unreadable("bad-ole"),
    };
    let mut found = false;
    for entry in bytes.chunks_exact(ENTRY).skip(512 / ENTRY) {
        if named(entry, "EncryptedPackage") || named(entry, "EncryptedSummary") {
            return Sealed::Encrypted("office");
        }
        // [MS-OFFCRYPTO] section 2.3.5: PowerPoint's encrypted properties.
        found |= named(entry, "Root Entry");
        let start = u32::from_le_bytes([entry[116], entry[117], entry[118], entry[119]]);
        let stream = || stream(bytes, start, shift);
        if named(entry, "WordDocument") && stream().is_some_and(word_is_encrypted) {
            return Sealed::Encrypted("office");
        }
        if (named(entry, "Workbook") || named(entry, "Book")) && stream().is_some_and(excel_is_encrypted) {
            return Sealed::Encrypted("office");
        }
    }
    if found { Sealed::No } else { Sealed::Unreadable("bad-ole") }
}

/// Whether a directory entry is a stream or storage of this name.
fn named(entry: &[u8], name: &str) -> bool {
    let len = usize::from(u16::from_le_bytes([entry[64], entry[65]]));
    len == (name.len() + 1) * 2
        && matches!(entry[66], 1 | 2 | 5)
        && name.bytes().enumerate().all(|(i, b)| entry[i * 2] == b && entry[i * 2 + 1] == 0)
}

/// The bytes from the stream's first sector on. Streams of less than 4,096 bytes stand elsewhere;
/// those looked for are larger.
fn stream(bytes: &[u8], start: u32, shift: u32) -> Option<&[u8]> {
    let at = (start as usize).checked_add(1)?.checked_mul(1 << shift)?;
    bytes.get(at..)
}

/// FibBase.fEncrypted ([MS-DOC] section 2.5.2).
fn word_is_encrypted(fib: &[u8]) -> bool {
    fib.starts_with(&[0xec, 0xa5]) && fib.get(11).is_some_and(|flags| flags & 1 != 0)
}

/// A FilePass record stands right behind the first BOF, after WriteProtect at most ([MS-XLS]
/// section 2.1.7.20.3).
fn excel_is_encrypted(stream: &[u8]) -> bool {
    let mut at = 0;
    for _ in 0..4 {
        let Some(&[a, b, c, d]) = stream.get(at..at + 4) else {
            return false;
        };
        match u16::from_le_bytes([a, b]) {
            0x002f => return true,
            0x0809 | 0x0086 | 0x0009 | 0x0209 | 0x0409 => {}
            _ => return false,
        }
        at += 4 + usize::from(u16::from_le_bytes([c, d]));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compound file of a header, a directory sector with one stream, and that stream.
    fn compound(name: &str, content: &[u8]) -> Vec<u8> {
        let mut out = super::super::OLE.to_vec();
        out.resize(512, 0);
        out[30] = 9;
        let entry = |name: &str, kind: u8, start: u32| {
            let mut e: Vec<u8> = name.bytes().flat_map(|b| [b, 0]).collect();
            e.resize(ENTRY, 0);
            e[64..66].copy_from_slice(&((name.len() as u16 + 1) * 2).to_le_bytes());
            e[66] = kind;
            e[116..120].copy_from_slice(&start.to_le_bytes());
            e
        };
        out.extend(entry("Root Entry", 5, 0));
        out.extend(entry(name, 2, 1));
        out.resize(1024, 0);
        out.extend_from_slice(content);
        out
    }

    #[test]
    fn passwords() {
        assert_eq!(ole(&compound("EncryptedPackage", b"")), Sealed::Encrypted("office"));
        assert_eq!(ole(&compound("Other", b"")), Sealed::No);
        let fib = |flags: u8| [&[0xec, 0xa5, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[flags]].concat();
        assert_eq!(ole(&compound("WordDocument", &fib(0x01))), Sealed::Encrypted("office"));
        assert_eq!(ole(&compound("WordDocument", &fib(0x02))), Sealed::No);
        let bof = b"\x09\x08\x02\x00\x00\x06";
        assert_eq!(
            ole(&compound("Workbook", &[&bof[..], b"\x2f\x00\x02\x00\x00\x00"].concat())),
            Sealed::Encrypted("office")
        );
        assert_eq!(ole(&compound("Workbook", &[&bof[..], b"\xe1\x00\x02\x00\x00\x00"].concat())), Sealed::No);
        assert_eq!(ole(b"\xd0\xcf\x11\xe0"), Sealed::Unreadable("bad-ole"));
    }
}
