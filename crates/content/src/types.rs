//! What a file is, told from its bytes. The name and the declared type only decide between kinds
//! of text; elsewhere they are merely compared with what the bytes say.

use memchr::memmem;

use super::charset;

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Empty,
    Text,
    Html,
    Csv,
    Xml,
    Calendar,
    Vcard,
    Mail,
    Mbox,
    Rtf,
    Pdf,
    Xlsx,
    Xlsb,
    Docx,
    Pptx,
    Odf,
    /// A compound file: xls, doc, ppt, msg.
    Ole,
    EncryptedOffice,
    Tnef,
    Zip,
    Gzip,
    Tar,
    SevenZip,
    Rar,
    Lzh,
    /// Another packed form, by name.
    Compressed(&'static str),
    Image,
    Audio,
    Video,
    Font,
    /// An OpenPGP message.
    Pgp,
    /// An S/MIME envelope.
    Smime,
    /// An S/MIME signature, with or without the content that it signs.
    Signed,
    Executable,
    Database,
    Binary,
    /// In an archive, but not to be taken out of it.
    Unread,
}

/// Signatures at the start of a file.
const MAGIC: &[(&[u8], Type)] = &[
    (b"PK\x03\x04", Type::Zip),
    (b"PK\x05\x06", Type::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Type::Ole),
    (b"\x1f\x8b\x08", Type::Gzip),
    (b"7z\xbc\xaf\x27\x1c", Type::SevenZip),
    (b"Rar!\x1a\x07", Type::Rar),
    (b"BZh", Type::Compressed("bzip2")),
    (b"\xfd7zXZ\0", Type::Compressed("xz")),
    (b"\x28\xb5\x2f\xfd", Type::Compressed("zstd")),
    (b"MSCF\0\0\0\0", Type::Compressed("cabinet")),
    (b"\x78\x9f\x3e\x22", Type::Tnef),
    (b"{\\rtf", Type::Rtf),
    (b"\x89PNG\r\n\x1a\n", Type::Image),
    (b"\xff\xd8\xff", Type::Image),
    (b"GIF87a", Type::Image),
    (b"GIF89a", Type::Image),
    (b"II*\0", Type::Image),
    (b"MM\0*", Type::Image),
    (b"8BPS\0\x01", Type::Image),
    (b"\0\0\x01\0", Type::Image),
    (b"\xd7\xcd\xc6\x9a", Type::Image),
    (b"ID3", Type::Audio),
    (b"\xff\xfb", Type::Audio),
    (b"OggS", Type::Audio),
    (b"fLaC", Type::Audio),
    (b"\x1a\x45\xdf\xa3", Type::Video),
    (b"wOFF", Type::Font),
    (b"wOF2", Type::Font),
    (b"OTTO\0", Type::Font),
    (b"\0\x01\0\0\0", Type::Font),
    (b"\x7fELF", Type::Executable),
    (b"\xca\xfe\xba\xbe", Type::Executable),
    (b"\xcf\xfa\xed\xfe", Type::Executable),
    (b"SQLite format 3\0", Type::Database),
    (b"-----BEGIN PGP MESSAGE-----", Type::Pgp),
];

/// The object identifiers of PKCS #7 (RFC 5652): signed data and enveloped data.
const PKCS7: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";

/// Tells the type of `bytes`.
pub fn sniff(bytes: &[u8], name: Option<&str>, declared: Option<&str>) -> Type {
    if bytes.is_empty() {
        return Type::Empty;
    }
    if let Some((_, found)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return *found;
    }
    let head = &bytes[..bytes.len().min(1024)];
    if memmem::find(head, b"%PDF-").is_some() {
        return Type::Pdf;
    }
    if bytes.get(257..262) == Some(b"ustar") || super::tar::is_old_header(bytes) {
        return Type::Tar;
    }
    if let Some(found) = binary(bytes, head) {
        return found;
    }
    let said = declared.is_some_and(is_declared_text) && !head.contains(&0);
    if !said && !charset::is_text(head) {
        return Type::Binary;
    }
    text(bytes, name, declared)
}

/// Types whose signature is not at the very start, or needs a second look.
fn binary(bytes: &[u8], head: &[u8]) -> Option<Type> {
    let at = |from: usize, what: &[u8]| bytes.get(from..from + what.len()) == Some(what);
    if at(0, b"MZ") && bytes.len() > 64 && head.contains(&0) {
        return Some(Type::Executable);
    }
    if at(0, b"BM") && at(6, b"\0\0\0\0") {
        return Some(Type::Image);
    }
    if at(40, b" EMF") {
        return Some(Type::Image);
    }
    if at(2, b"-lh") && at(6, b"-") {
        return Some(Type::Lzh);
    }
    if at(4, b"Standard Jet DB") || at(4, b"Standard ACE DB") {
        return Some(Type::Database);
    }
    if at(4, b"ftyp") {
        let picture = [&b"heic"[..], b"heix", b"mif1", b"avif"].iter().any(|b| at(8, b));
        let sound = at(8, b"M4A ");
        return Some(if picture {
            Type::Image
        } else if sound {
            Type::Audio
        } else {
            Type::Video
        });
    }
    if at(0, b"RIFF") {
        return match bytes.get(8..12)? {
            b"WEBP" => Some(Type::Image),
            b"WAVE" => Some(Type::Audio),
            b"AVI " => Some(Type::Video),
            _ => None,
        };
    }
    if at(0, b"\x30") && memmem::find(&head[..head.len().min(64)], PKCS7).is_some() {
        let from = memmem::find(head, PKCS7)? + PKCS7.len();
        return match bytes.get(from)? {
            2 => Some(Type::Signed),
            _ => Some(Type::Smime),
        };
    }
    None
}

fn is_declared_text(declared: &str) -> bool {
    declared.starts_with("text/") || declared.starts_with("message/")
}

/// Tells between kinds of text.
fn text(bytes: &[u8], name: Option<&str>, declared: Option<&str>) -> Type {
    let declared = declared.unwrap_or("");
    let extension = name.and_then(extension).unwrap_or_default();
    // Two-byte texts are judged by their letters alone.
    let head: Vec<u8> = bytes.iter().copied().take(4096).filter(|&b| b != 0).collect();
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let start = head.trim_start_matches(['\u{feff}', '\u{fffd}', ' ', '\t', '\r', '\n']);
    if declared == "message/rfc822" || declared == "message/global" || is_mail(start) {
        return Type::Mail;
    }
    if start.starts_with("from ") && head.contains("\nfrom:") {
        return Type::Mbox;
    }
    if start.starts_with("begin:vcard") {
        return Type::Vcard;
    }
    if start.starts_with("begin:vcalendar") {
        return Type::Calendar;
    }
    if start.starts_with("-----begin pgp message-----") {
        return Type::Pgp;
    }
    let marked = start.starts_with('<');
    let html = ["<html", "<!doctype html", "<body", "<head"].iter().any(|t| head.contains(t));
    if marked && html || declared == "text/html" {
        return Type::Html;
    }
    if start.starts_with("<?xml") {
        return Type::Xml;
    }
    if marked && ["<table", "<div", "<p>", "<meta", "<style"].iter().any(|t| start.starts_with(t))
        || matches!(extension.as_str(), "htm" | "html" | "xhtml")
    {
        return Type::Html;
    }
    if marked && (declared.ends_with("xml") || matches!(extension.as_str(), "xml" | "svg")) {
        return Type::Xml;
    }
    let separated = matches!(declared, "text/csv" | "text/tab-separated-values");
    if separated || matches!(extension.as_str(), "csv" | "tsv" | "tab") {
        return Type::Csv;
    }
    Type::Text
}

/// Whether a text begins with the header of a mail: three fields or more, among them one of
/// origin and one that machines write.
fn is_mail(start: &str) -> bool {
    let mut fields = 0;
    let (mut origin, mut machine) = (false, false);
    for line in start.lines().take(60) {
        if line.starts_with([' ', '\t']) && fields > 0 {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            break;
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            break;
        }
        fields += 1;
        origin |= matches!(name, "from" | "received" | "return-path" | "sender");
        machine |= matches!(name, "message-id" | "date" | "mime-version" | "received");
    }
    fields >= 3 && origin && machine
}

/// The extension of a file's name, in lower case.
pub fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    (extension.len() <= 10 && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

impl Type {
    /// A short name for facts and people.
    pub fn name(self) -> &'static str {
        match self {
            Type::Empty => "empty",
            Type::Text => "text",
            Type::Html => "html",
            Type::Csv => "csv",
            Type::Xml => "xml",
            Type::Calendar => "calendar",
            Type::Vcard => "vcard",
            Type::Mail => "mail",
            Type::Mbox => "mbox",
            Type::Rtf => "rtf",
            Type::Pdf => "pdf",
            Type::Xlsx => "xlsx",
            Type::Xlsb => "xlsb",
            Type::Docx => "docx",
            Type::Pptx => "pptx",
            Type::Odf => "odf",
            Type::Ole => "ole",
            Type::EncryptedOffice => "encrypted-office",
            Type::Tnef => "tnef",
            Type::Zip => "zip",
            Type::Gzip => "gzip",
            Type::Tar => "tar",
            Type::SevenZip => "7z",
            Type::Rar => "rar",
            Type::Lzh => "lzh",
            Type::Compressed(what) => what,
            Type::Image => "image",
            Type::Audio => "audio",
            Type::Video => "video",
            Type::Font => "font",
            Type::Pgp => "pgp",
            Type::Smime => "smime",
            Type::Signed => "smime-signed",
            Type::Executable => "program",
            Type::Database => "database",
            Type::Binary => "binary",
            Type::Unread => "unread",
        }
    }

    fn is_textual(self) -> bool {
        use Type::*;
        matches!(self, Empty | Text | Html | Csv | Xml | Calendar | Vcard | Mail | Mbox | Rtf)
    }

    /// Whether the name's extension or the declared type says something else than the bytes.
    /// What neither names clearly (`.dat`, `application/octet-stream`) contradicts nothing.
    pub fn contradicts(self, name: Option<&str>, declared: Option<&str>) -> bool {
        let by_name = name.and_then(extension).and_then(|e| self.fits_extension(&e));
        let by_type = declared.and_then(|d| self.fits_declared(d));
        by_name == Some(false) || by_type == Some(false)
    }

    fn fits_extension(self, extension: &str) -> Option<bool> {
        use Type::*;
        Some(match extension {
            "pdf" => self == Pdf,
            "docx" | "docm" | "dotx" => matches!(self, Docx | EncryptedOffice),
            "xlsx" | "xlsm" | "xltx" => matches!(self, Xlsx | EncryptedOffice),
            "xlsb" => matches!(self, Xlsb | EncryptedOffice),
            "pptx" | "pptm" | "ppsx" => matches!(self, Pptx | EncryptedOffice),
            "odt" | "ods" | "odp" => self == Odf,
            "msg" | "ppt" => matches!(self, Ole | EncryptedOffice),
            // Programs have always written text under these names.
            "doc" | "xls" => matches!(self, Ole | EncryptedOffice) || self.is_textual(),
            "zip" => self == Zip,
            "gz" | "tgz" => self == Gzip,
            "tar" => self == Tar,
            "7z" => self == SevenZip,
            "png" | "jpg" | "jpeg" | "gif" | "bmp" | "tif" | "tiff" | "webp" => self == Image,
            "txt" | "csv" | "tsv" | "log" | "md" | "htm" | "html" | "xml" | "ics" | "vcf" | "eml"
            | "json" => self.is_textual(),
            "rtf" => self == Rtf,
            _ => return None,
        })
    }

    fn fits_declared(self, declared: &str) -> Option<bool> {
        use Type::*;
        Some(match declared {
            "application/pdf" => self == Pdf,
            "application/rtf" => self == Rtf,
            "application/zip" | "application/x-zip-compressed" => {
                matches!(self, Zip | Docx | Xlsx | Xlsb | Pptx | Odf)
            }
            "image/svg+xml" => self == Xml,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
                matches!(self, Docx | EncryptedOffice)
            }
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
                matches!(self, Xlsx | EncryptedOffice)
            }
            "application/vnd.openxmlformats-officedocument.presentationml.presentation" => {
                matches!(self, Pptx | EncryptedOffice)
            }
            _ if declared.starts_with("image/") => self == Image,
            _ if declared.starts_with("audio/") => matches!(self, Audio | Video),
            _ if declared.starts_with("video/") => self == Video,
            _ if declared.starts_with("text/") => self.is_textual(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_and_names_are_compared() {
        assert_eq!(sniff(b"%PDF-1.7\n", Some("a.txt"), Some("text/plain")), Type::Pdf);
        assert!(Type::Pdf.contradicts(Some("a.txt"), None));
        assert!(Type::Zip.contradicts(Some("a.pdf"), None));
        assert!(Type::Zip.contradicts(None, Some("image/png")));
        assert!(!Type::Zip.contradicts(Some("a.dat"), Some("application/octet-stream")));
        assert!(!Type::Csv.contradicts(Some("a.csv"), Some("application/vnd.ms-excel")));
    }

    #[test]
    fn kinds_of_text() {
        let mail = b"From: a@example.com\r\nDate: x\r\nSubject: y\r\n\r\nbody";
        assert_eq!(sniff(mail, None, None), Type::Mail);
        assert_eq!(sniff(b"To: you\nFrom: me\n\nhello", None, None), Type::Text);
        assert_eq!(sniff("氏名,住所\n".as_bytes(), Some("A.CSV"), None), Type::Csv);
        assert_eq!(sniff(b"<html><body>x", Some("list.xls"), None), Type::Html);
        assert_eq!(sniff(b"BEGIN:VCALENDAR\r\n", None, None), Type::Calendar);
        assert_eq!(sniff(b"\x93\xfa\x96\x7b\x8c\xea", None, None), Type::Text);
        assert_eq!(sniff(&[1, 2, 3, 0xff, 0, 9, 4, 5], None, None), Type::Binary);
    }
}
