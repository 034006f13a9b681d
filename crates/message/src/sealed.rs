//! Whether an attached file can be opened without a key, by its content: zip (also AES), Office
//! files, PDF, 7z, RAR, PGP, S/MIME. Nothing is unpacked; each look is linear in the file.

mod archive;
mod office;

use memchr::memmem;

/// Whether a file can be opened without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    No,
    /// The kind: `zip`, `zip-aes`, `office`, `pdf`, `7z`, `rar`, `pgp`, `smime`.
    Encrypted(&'static str),
    /// It says that it is of a kind, and is not, or is cut off, or does not show what is in it.
    Unreadable(&'static str),
}

/// The media type that the first bytes show; none for text and unknown kinds.
pub fn kind(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x05\x06", "application/zip"),
        (b"PK\x07\x08", "application/zip"),
        (OLE, "application/x-ole-storage"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"\x1f\x8b", "application/gzip"),
        (b"BZh", "application/x-bzip2"),
        (b"\xfd7zXZ\x00", "application/x-xz"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"{\\rtf", "application/rtf"),
        (b"MZ", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF", "application/x-executable"),
        (b"-----BEGIN PGP", "application/pgp-encrypted"),
        (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
        (b"MSCF", "application/vnd.ms-cab-compressed"),
    ];
    if let Some((_, kind)) = KINDS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(kind);
    }
    // Readers find a PDF's head within the first kilobyte.
    let near = bytes.get(..1_024).unwrap_or(bytes);
    if memmem::find(near, b"%PDF-").is_some() {
        return Some("application/pdf");
    }
    (bytes.len() > 262 && &bytes[257..262] == b"ustar").then_some("application/x-tar")
}

/// The beginning of an OLE compound file ([MS-CFB] section 2.2).
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Looks at a file; `name` and `media_type` are what the message says of it.
pub fn look(bytes: &[u8], name: Option<&str>, media_type: &str) -> Sealed {
    let extension = name.and_then(super::part::extension);
    let extension = extension.as_deref().unwrap_or("");
    if bytes.is_empty() {
        return Sealed::No;
    }
    match kind(bytes) {
        Some("application/zip") => return archive::zip(bytes),
        Some("application/x-ole-storage") => return office::ole(bytes),
        Some("application/x-7z-compressed") => return archive::seven_zip(bytes),
        Some("application/vnd.rar") => return archive::rar(bytes),
        Some("application/pdf") => return pdf(bytes),
        Some("application/pgp-encrypted") => return pgp_armor(bytes),
        Some(_) => {
            return expected(media_type, extension).map_or(Sealed::No, |_| Sealed::Unreadable("other-kind"));
        }
        None => {}
    }
    if matches!(media_type, "application/pkcs7-mime" | "application/x-pkcs7-mime") || extension == "p7m" {
        return smime(bytes);
    }
    if matches!(extension, "gpg" | "pgp")
        || media_type == "application/pgp-encrypted" && !extension.is_empty()
    {
        return pgp_packet(bytes);
    }
    match expected(media_type, extension) {
        Some(kind) => Sealed::Unreadable(kind),
        None => Sealed::No,
    }
}

/// The kind that the message says a file is, where that kind has a beginning of its own.
fn expected(media_type: &str, extension: &str) -> Option<&'static str> {
    match extension {
        "zip" => return Some("not-a-zip"),
        "docx" | "xlsx" | "pptx" | "docm" | "xlsm" | "pptm" => return Some("not-an-office-file"),
        "pdf" => return Some("not-a-pdf"),
        "7z" => return Some("not-a-7z"),
        "rar" => return Some("not-a-rar"),
        _ => {}
    }
    match media_type {
        "application/zip" | "application/x-zip-compressed" => Some("not-a-zip"),
        "application/pdf" => Some("not-a-pdf"),
        "application/x-7z-compressed" => Some("not-a-7z"),
        "application/vnd.rar" | "application/x-rar-compressed" => Some("not-a-rar"),
        _ => None,
    }
}

/// A PDF with an Encrypt entry in its trailer (ISO 32000-1 section 7.6.1): a reference or a
/// dictionary stands behind the name.
fn pdf(bytes: &[u8]) -> Sealed {
    for at in memmem::find_iter(bytes, b"/Encrypt") {
        let behind = bytes[at + 8..].get(..40).unwrap_or(&bytes[at + 8..]);
        let text = behind.trim_ascii_start();
        if text.starts_with(b"<<") || is_reference(text) {
            return Sealed::Encrypted("pdf");
        }
    }
    let tail = &bytes[bytes.len().saturating_sub(2_048)..];
    if memmem::find(tail, b"%%EOF").is_none() && memmem::rfind(bytes, b"startxref").is_none() {
        return Sealed::Unreadable("cut-off-pdf");
    }
    Sealed::No
}

/// `12 0 R`
fn is_reference(text: &[u8]) -> bool {
    let mut words = text.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty());
    let mut number = || words.next().is_some_and(|w| w.iter().all(u8::is_ascii_digit));
    number() && number() && words.next().is_some_and(|w| w.first() == Some(&b'R'))
}

fn pgp_armor(bytes: &[u8]) -> Sealed {
    match bytes.starts_with(b"-----BEGIN PGP MESSAGE-----") {
        true => Sealed::Encrypted("pgp"),
        false => Sealed::No,
    }
}

/// An OpenPGP message begins with a session key packet, for a public key (tag 1) or a password
/// (tag 3) (RFC 9580 section 4.2).
fn pgp_packet(bytes: &[u8]) -> Sealed {
    let first = bytes[0];
    let tag = match first {
        0xc0.. => first & 0x3f,
        0x80.. => first >> 2 & 0x0f,
        _ => return Sealed::Unreadable("not-pgp"),
    };
    match tag {
        1 | 3 | 9 | 18 | 20 => Sealed::Encrypted("pgp"),
        _ => Sealed::No,
    }
}

/// The content type of a CMS message (RFC 5652 section 3) stands near its beginning: 1.2.840.113549.1.7.n
/// or, for authenticated encryption, 1.2.840.113549.1.9.16.1.23.
fn smime(bytes: &[u8]) -> Sealed {
    const PKCS7: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
    const AUTH_ENVELOPED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";
    let near = bytes.get(..64).unwrap_or(bytes);
    if memmem::find(near, AUTH_ENVELOPED).is_some() {
        return Sealed::Encrypted("smime");
    }
    match memmem::find(near, PKCS7).and_then(|at| near.get(at + PKCS7.len())) {
        Some(3 | 4 | 6) => Sealed::Encrypted("smime"),
        Some(_) => Sealed::No,
        None => Sealed::Unreadable("not-smime"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pdfs() {
        let pdf = |trailer: &str| format!("%PDF-1.7\n1 0 obj\ntrailer <<{trailer}>>\nstartxref\n9\n%%EOF\n");
        let see = |t: &str| look(pdf(t).as_bytes(), Some("a.pdf"), "application/pdf");
        assert_eq!(see("/Root 1 0 R"), Sealed::No);
        assert_eq!(see("/Encrypt 5 0 R /Root 1 0 R"), Sealed::Encrypted("pdf"));
        assert_eq!(see("/Encrypt<</Filter/Standard>>"), Sealed::Encrypted("pdf"));
        assert_eq!(see("/EncryptMetadata false"), Sealed::No);
        assert_eq!(look(b"%PDF-1.7\n1 0 obj", None, ""), Sealed::Unreadable("cut-off-pdf"));
    }

    #[test]
    fn keys() {
        assert_eq!(look(b"-----BEGIN PGP MESSAGE-----\n", None, "text/plain"), Sealed::Encrypted("pgp"));
        assert_eq!(look(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", None, ""), Sealed::No);
        assert_eq!(look(b"\x85\x01\x0c\x03", Some("a.xls.gpg"), ""), Sealed::Encrypted("pgp"));
        assert_eq!(look(b"\x99\x01\x0d\x04", Some("key.gpg"), ""), Sealed::No);
        let cms =
            |n: u8| [&b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"[..], &[n], b"\xa0\x80"].concat();
        assert_eq!(look(&cms(3), Some("smime.p7m"), ""), Sealed::Encrypted("smime"));
        assert_eq!(look(&cms(2), None, "application/pkcs7-mime"), Sealed::No);
    }

    #[test]
    fn not_what_it_says() {
        assert_eq!(look(b"hello", Some("a.zip"), "application/zip"), Sealed::Unreadable("not-a-zip"));
        assert_eq!(look(b"\x89PNG\r\n\x1a\n", Some("a.pdf"), ""), Sealed::Unreadable("other-kind"));
        assert_eq!(look(b"hello", Some("a.txt"), "text/plain"), Sealed::No);
        assert_eq!(look(b"", Some("a.zip"), "application/zip"), Sealed::No);
    }

    proptest! {
        #[test]
        fn any_bytes(magic in prop::sample::select(vec![&b"PK\x03\x04"[..], OLE, b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00", b"%PDF-", b""]), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let file = [magic, &bytes].concat();
            for name in ["a.zip", "a.gpg", "a.p7m", "a"] {
                let _ = look(&file, Some(name), "application/octet-stream");
            }
        }
    }
}
