//! Archives: whether entries are encrypted, as the directory of the archive says.

use memchr::memmem;

use super::Sealed;

/// Archives within archives are looked into as far as they are stored without compression.
const MAX_DEPTH: usize = 3;
/// More entries are not looked at; the first encrypted one is enough.
const MAX_ENTRIES: usize = 100_000;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// A zip archive (APPNOTE.TXT sections 4.3 and 4.4.4), by its central directory; where that is
/// missing, it cannot be read.
pub(super) fn zip(bytes: &[u8]) -> Sealed {
    zip_within(bytes, 0)
}

fn zip_within(bytes: &[u8], depth: usize) -> Sealed {
    // The end record has at most 64 KB of comment behind it.
    let tail_start = bytes.len().saturating_sub(22 + 65_535);
    let Some(end) = memmem::rfind(&bytes[tail_start..], b"PK\x05\x06").map(|e| tail_start + e) else {
        return Sealed::Unreadable("cut-off-zip");
    };
    let (Some(size), Some(offset)) = (u32_at(bytes, end + 12), u32_at(bytes, end + 16)) else {
        return Sealed::Unreadable("cut-off-zip");
    };
    // Data may stand before the archive (self-extracting files): the directory ends where the end
    // record begins. A zip64 archive has its directory elsewhere.
    let start = match offset {
        u32::MAX => zip64_directory(bytes, end),
        _ => end.checked_sub(size as usize),
    };
    let Some(mut at) = start.filter(|s| *s <= end) else {
        return Sealed::Unreadable("bad-zip");
    };
    let before = at.saturating_sub(offset as usize);
    let mut seen = 0;
    while bytes[at..].starts_with(b"PK\x01\x02") && seen < MAX_ENTRIES {
        seen += 1;
        let Some(entry) = ArchiveEntry::read(bytes, at) else {
            return Sealed::Unreadable("bad-zip");
        };
        match entry.sealed(bytes, before, depth) {
            Sealed::No => {}
            sealed => return sealed,
        }
        at = entry.next;
        if at > bytes.len() {
            return Sealed::Unreadable("bad-zip");
        }
    }
    // APPNOTE 4.3.13: an encrypted directory does not begin with an entry.
    if seen == 0 && u16_at(bytes, end + 10) != Some(0) {
        return Sealed::Unreadable("bad-zip");
    }
    Sealed::No
}

/// Where the zip64 end record says that the directory starts (APPNOTE 4.3.14).
fn zip64_directory(bytes: &[u8], end: usize) -> Option<usize> {
    let record = memmem::rfind(bytes.get(..end)?, b"PK\x06\x06")?;
    let offset = bytes.get(record + 48..record + 56)?;
    usize::try_from(u64::from_le_bytes(offset.try_into().ok()?)).ok()
}

/// One entry of the central directory.
struct ArchiveEntry {
    flags: u16,
    method: u16,
    packed: usize,
    local: usize,
    next: usize,
}

impl ArchiveEntry {
    fn read(bytes: &[u8], at: usize) -> Option<ArchiveEntry> {
        let len = |o| u16_at(bytes, at + o).map(usize::from);
        Some(ArchiveEntry {
            flags: u16_at(bytes, at + 8)?,
            method: u16_at(bytes, at + 10)?,
            packed: u32_at(bytes, at + 20)? as usize,
            local: u32_at(bytes, at + 42)? as usize,
            next: at + 46 + len(28)? + len(30)? + len(32)?,
        })
    }

    fn sealed(&self, bytes: &[u8], before: usize, depth: usize) -> Sealed {
        // Method 99 is WinZip's AES.
        if self.method == 99 {
            return Sealed::Encrypted("zip-aes");
        }
        let local = before.saturating_add(self.local);
        let local_flags = u16_at(bytes, local.saturating_add(6)).unwrap_or(0);
        if (self.flags | local_flags) & 1 != 0 {
            return Sealed::Encrypted("zip");
        }
        if self.method != 0 || depth >= MAX_DEPTH {
            return Sealed::No;
        }
        // Stored as it is: an archive within the archive shows itself.
        let (Some(name), Some(extra)) =
            (u16_at(bytes, local.saturating_add(26)), u16_at(bytes, local.saturating_add(28)))
        else {
            return Sealed::No;
        };
        let start = local + 30 + usize::from(name) + usize::from(extra);
        match bytes.get(start..start.saturating_add(self.packed)) {
            Some(inner) if inner.starts_with(b"PK\x03\x04") => match zip_within(inner, depth + 1) {
                Sealed::Encrypted(kind) => Sealed::Encrypted(kind),
                _ => Sealed::No,
            },
            Some(inner) if inner.starts_with(b"7z\xbc\xaf\x27\x1c") => seven_zip(inner),
            Some(inner) if inner.starts_with(b"Rar!\x1a\x07") => rar(inner),
            _ => Sealed::No,
        }
    }
}

/// A 7z archive. Its directory is mostly packed, so that it does not show whether the files are
/// encrypted; then it counts as unreadable.
pub(super) fn seven_zip(bytes: &[u8]) -> Sealed {
    /// The coder id of AES-256 with SHA-256.
    const AES: &[u8] = b"\x06\xf1\x07\x01";
    let field = |at: usize| -> Option<usize> {
        usize::try_from(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?)).ok()
    };
    let header = (|| {
        let start = field(12)?.checked_add(32)?;
        bytes.get(start..start.checked_add(field(20)?)?)
    })();
    match header {
        None => Sealed::Unreadable("cut-off-7z"),
        Some(h) if memmem::find(h, AES).is_some() => Sealed::Encrypted("7z"),
        // 0x01: the directory in clear; none: no files at all.
        Some([] | [0x01, ..]) => Sealed::No,
        Some(_) => Sealed::Unreadable("7z-directory"),
    }
}

/// A RAR archive of version 4 or 5: the blocks are walked through up to the first encrypted one.
pub(super) fn rar(bytes: &[u8]) -> Sealed {
    match bytes.get(6) {
        Some(0) => rar4(bytes),
        Some(1) => rar5(bytes),
        _ => Sealed::Unreadable("cut-off-rar"),
    }
}

fn rar4(bytes: &[u8]) -> Sealed {
    let mut at = 7;
    for _ in 0..MAX_ENTRIES {
        let (Some(kind), Some(flags), Some(size)) =
            (bytes.get(at + 2), u16_at(bytes, at + 3), u16_at(bytes, at + 5))
        else {
            return Sealed::Unreadable("cut-off-rar");
        };
        match kind {
            // The archive's own block: its directory is encrypted.
            0x73 if flags & 0x80 != 0 => return Sealed::Encrypted("rar"),
            0x74 if flags & 0x04 != 0 => return Sealed::Encrypted("rar"),
            0x7b => return Sealed::No,
            _ => {}
        }
        let data = if flags & 0x8000 != 0 { u32_at(bytes, at + 7).unwrap_or(u32::MAX) as usize } else { 0 };
        let step = usize::from(size).saturating_add(data);
        at = at.saturating_add(step);
        if step < 7 || at > bytes.len() {
            return Sealed::Unreadable("bad-rar");
        }
        if at == bytes.len() {
            return Sealed::No;
        }
    }
    Sealed::No
}

fn rar5(bytes: &[u8]) -> Sealed {
    let mut at = 8;
    for _ in 0..MAX_ENTRIES {
        let Some(block) = Block::read(bytes, at) else {
            return Sealed::Unreadable("cut-off-rar");
        };
        match block.kind {
            4 => return Sealed::Encrypted("rar"),
            2 | 3 if block.encrypted => return Sealed::Encrypted("rar"),
            5 => return Sealed::No,
            _ => {}
        }
        at = block.next;
        if at >= bytes.len() {
            return Sealed::No;
        }
    }
    Sealed::No
}

/// One block of a RAR 5 archive.
struct Block {
    kind: u64,
    /// Its extra area has an encryption record.
    encrypted: bool,
    next: usize,
}

impl Block {
    fn read(bytes: &[u8], at: usize) -> Option<Block> {
        // A checksum of four bytes, then numbers of variable length.
        let mut cursor = at.checked_add(4)?;
        let size = usize::try_from(number(bytes, &mut cursor)?).ok()?;
        let end = cursor.checked_add(size).filter(|e| *e <= bytes.len() && size > 0)?;
        let kind = number(bytes, &mut cursor)?;
        let flags = number(bytes, &mut cursor)?;
        let extra = if flags & 1 != 0 { usize::try_from(number(bytes, &mut cursor)?).ok()? } else { 0 };
        let data = if flags & 2 != 0 { usize::try_from(number(bytes, &mut cursor)?).ok()? } else { 0 };
        let mut record = end.checked_sub(extra)?;
        let mut encrypted = false;
        while record < end {
            let size = usize::try_from(number(bytes, &mut record)?).ok()?;
            let mut inner = record;
            encrypted |= number(bytes, &mut inner)? == 1;
            record = record.checked_add(size.max(1))?;
        }
        Some(Block { kind, encrypted, next: end.checked_add(data)? })
    }
}

/// A number of seven bits a byte, the lowest first.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let b = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip of stored entries: name, flags, method, content.
    fn make_zip(entries: &[(&str, u16, u16, &[u8])]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, flags, method, content) in entries {
            let local = out.len() as u32;
            let len = content.len() as u32;
            let mut common = Vec::new();
            for v in [20, *flags, *method, 0, 0] {
                common.extend_from_slice(&u16::to_le_bytes(v));
            }
            for v in [0, len, len] {
                common.extend_from_slice(&u32::to_le_bytes(v));
            }
            common.extend_from_slice(&(name.len() as u16).to_le_bytes());
            common.extend_from_slice(&[0, 0]);
            out.extend_from_slice(b"PK\x03\x04");
            out.extend_from_slice(&common);
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(content);
            directory.extend_from_slice(b"PK\x01\x02\x14\x00");
            directory.extend_from_slice(&common);
            directory.extend_from_slice(&[0; 10]);
            directory.extend_from_slice(&local.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let start = out.len() as u32;
        out.extend_from_slice(&directory);
        out.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
        for _ in 0..2 {
            out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
        }
        out.extend_from_slice(&(directory.len() as u32).to_le_bytes());
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        out
    }

    #[test]
    fn zips() {
        let plain = make_zip(&[("a.txt", 0, 0, b"hello"), ("b.txt", 0, 8, b"x")]);
        assert_eq!(zip(&plain), Sealed::No);
        let locked = make_zip(&[("a.txt", 0, 0, b"hello"), ("b.txt", 1, 8, b"x")]);
        assert_eq!(zip(&locked), Sealed::Encrypted("zip"));
        assert_eq!(zip(&make_zip(&[("b.txt", 1, 99, b"x")])), Sealed::Encrypted("zip-aes"));
        assert_eq!(zip(&make_zip(&[("in.zip", 0, 0, &locked)])), Sealed::Encrypted("zip"));
        assert_eq!(zip(&make_zip(&[("in.zip", 0, 0, &plain)])), Sealed::No);
        assert_eq!(zip(&make_zip(&[])), Sealed::No);
        assert_eq!(zip(&[b"stub".as_slice(), &locked].concat()), Sealed::Encrypted("zip"));
        assert_eq!(zip(&plain[..plain.len() - 30]), Sealed::Unreadable("cut-off-zip"));
    }

    #[test]
    fn seven_zips() {
        let make = |header: &[u8]| {
            let mut out = b"7z\xbc\xaf\x27\x1c\x00\x04\x00\x00\x00\x00".to_vec();
            out.extend_from_slice(&0u64.to_le_bytes());
            out.extend_from_slice(&(header.len() as u64).to_le_bytes());
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(header);
            out
        };
        assert_eq!(seven_zip(&make(b"\x01\x04\x06")), Sealed::No);
        assert_eq!(seven_zip(&make(b"\x17\x06\x24\x06\xf1\x07\x01")), Sealed::Encrypted("7z"));
        assert_eq!(seven_zip(&make(b"\x17\x06\x23\x03\x01\x01")), Sealed::Unreadable("7z-directory"));
        assert_eq!(seven_zip(b"7z\xbc\xaf\x27\x1c"), Sealed::Unreadable("cut-off-7z"));
    }

    #[test]
    fn rars() {
        let block4 = |kind: u8, flags: u16| {
            let mut b = vec![0, 0, kind];
            b.extend_from_slice(&flags.to_le_bytes());
            b.extend_from_slice(&7u16.to_le_bytes());
            b
        };
        let rar4 = |flags: u16, file: u16| {
            [&b"Rar!\x1a\x07\x00"[..], &block4(0x73, flags), &block4(0x74, file), &block4(0x7b, 0)].concat()
        };
        assert_eq!(rar(&rar4(0, 0)), Sealed::No);
        assert_eq!(rar(&rar4(0x80, 0)), Sealed::Encrypted("rar"));
        assert_eq!(rar(&rar4(0, 4)), Sealed::Encrypted("rar"));
        let rar5 = |blocks: &[&[u8]]| [&b"Rar!\x1a\x07\x01\x00"[..], &blocks.concat()].concat();
        let main = b"\0\0\0\0\x02\x01\x00";
        let end = b"\0\0\0\0\x02\x05\x00";
        assert_eq!(rar(&rar5(&[main, end])), Sealed::No);
        assert_eq!(rar(&rar5(&[b"\0\0\0\0\x02\x04\x00"])), Sealed::Encrypted("rar"));
        // a file block whose extra area has record 1
        assert_eq!(rar(&rar5(&[main, b"\0\0\0\0\x05\x02\x01\x02\x01\x01", end])), Sealed::Encrypted("rar"));
        assert_eq!(rar(b"Rar!\x1a\x07\x01\x00"), Sealed::Unreadable("cut-off-rar"));
    }
}
