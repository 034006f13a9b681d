//! Files that are made to break a reader: bombs, endless nestings, damage of every kind. Each must
//! end soon, in little memory, and be named as uninspected.

use std::time::{Duration, Instant};

use content::{Content, Limit, Limits, Why, extract_file};
use proptest::prelude::*;

use super::{read, uninspected};
use crate::support::files::{
    Sheet, compound, docx, gzip, pdf, sheet_data, stream, tar, tnef_attribute, xlsx, zip, zlib,
};

/// Reads within five seconds; the code under test is not optimised here, and is limited to four.
fn soon(name: &str, bytes: &[u8]) -> Content {
    let start = Instant::now();
    let content = read(name, bytes);
    assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", start.elapsed());
    content
}

fn over(content: &Content) -> bool {
    content.uninspected.iter().any(|u| matches!(u.why, Why::OverLimit(_)))
}

#[test]
fn bombs_are_over_a_limit() {
    let zeros = vec![0u8; 60 << 20];
    let flat = zip(&[("a.txt", &zeros)]);
    assert!(over(&soon("zip", &flat)));
    assert!(over(&soon("zip in zip", &zip(&[("b.zip", &flat)]))));
    assert!(over(&soon("gzip", &gzip(&zeros))));
    let many: Vec<String> = (0..40).map(|i| format!("{i}.zip")).collect();
    let entries: Vec<(&str, &[u8])> = many.iter().map(|n| (n.as_str(), flat.as_slice())).collect();
    assert!(over(&soon("many", &zip(&entries))));
    let sheet = xlsx(&[], &[("xl/sharedStrings.xml", &zeros)]);
    assert!(over(&soon("xlsx", &sheet)));
    let content =
        pdf("", b"", &[(10, stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &zlib(&zeros)))]);
    assert!(over(&soon("object stream", &content)));
}

#[test]
fn a_page_of_a_pdf_that_bursts() {
    let packed = zlib(&vec![b' '; 60 << 20]);
    let mut file = pdf("", b"", &[]);
    let whole = pdf("", &packed, &[]);
    // The content stream is object 4; say that it is packed.
    let at = memchr::memmem::find(&whole, b"<<  /Length").unwrap();
    file.clear();
    file.extend_from_slice(&whole[..at]);
    file.extend_from_slice(b"<< /Filter /FlateDecode /Length");
    file.extend_from_slice(&whole[at + b"<<  /Length".len()..]);
    assert!(over(&soon("a.pdf", &file)));
}

#[test]
fn one_text_shared_a_million_times() {
    let text = "あ".repeat(100_000);
    let strings = format!("<sst><si><t>{text}</t></si></sst>");
    let cells = "<c t=\"s\"><v>0</v></c>".repeat(1_000);
    let xml = format!("<sheetData><row>{cells}</row></sheetData>");
    let book = xlsx(
        &[Sheet { name: "a", state: "visible", xml: &xml }],
        &[("xl/sharedStrings.xml", strings.as_bytes())],
    );
    let content = soon("a.xlsx", &book);
    assert_eq!(content.uninspected[0].why, Why::OverLimit(Limit::TotalBytes));
}

#[test]
fn cells_at_the_ends_of_the_sheet() {
    let rows: String = (0..2000)
        .map(|i| {
            let column = char::from(b'A' + (i % 26) as u8);
            format!("<row r=\"{}\"><c r=\"X{column}{column}{}\"><v>1</v></c></row>", i * 500 + 1, i * 500 + 1)
        })
        .collect();
    let xml =
        format!("<sheetData>{rows}<row r=\"4294967295\"><c r=\"ZZZ9999999\"><v>1</v></c></row></sheetData>");
    let content = soon("a.xlsx", &xlsx(&[Sheet { name: "a", state: "visible", xml: &xml }], &[]));
    let cells: usize = content.tables.iter().flat_map(|t| &t.rows).map(Vec::len).sum();
    assert!(cells < 100_000, "{cells}");
}

#[test]
fn entities_that_would_explode() {
    let mut dtd = String::from("<!DOCTYPE x [<!ENTITY a0 \"lollollol\">");
    for i in 1..40 {
        dtd.push_str(&format!("<!ENTITY a{i} \"&a{0};&a{0};&a{0};&a{0};\">", i - 1));
    }
    let xml = format!(
        "<?xml version=\"1.0\"?>{dtd}<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&a39;&e;shown</x>"
    );
    let content = soon("a.xml", xml.as_bytes());
    assert_eq!(content.texts[0].text.trim(), "shown");
    let document = docx("<w:p><w:r><w:t>&a39;</w:t></w:r></w:p>", &[]);
    assert_eq!(soon("a.docx", &document).texts, vec![]);
}

#[test]
fn nested_ten_thousand_deep() {
    let deep = |open: &str, close: &str| format!("{}山田{}", open.repeat(20_000), close.repeat(20_000));
    for (name, text) in [
        ("a.html", deep("<div><b>", "</b></div>")),
        ("b.html", format!("<html>{}", deep("<table><tr><td>", "</td></tr></table>"))),
        ("c.html", format!("<html>{}", "<blockquote type=cite>".repeat(20_000) + "山田")),
        ("a.xml", format!("<?xml version=\"1.0\"?>{}", deep("<a>", "</a>"))),
        ("a.rtf", format!("{{\\rtf1 {}}}", deep("{\\b ", "}").replace("山田", "\\u23665?\\u30000?"))),
    ] {
        let content = soon(name, text.as_bytes());
        let all: String = content.texts.iter().map(|t| t.text.as_str()).collect();
        assert!(all.contains("山田"), "{name}");
    }
    let tables = "<w:tbl><w:tr><w:tc>".repeat(10_000);
    soon("a.docx", &docx(&tables, &[]));
    let arrays = pdf(&"[".repeat(100_000), &b"[".repeat(100_000), &[(10, b"<</A ".repeat(50_000))]);
    soon("a.pdf", &arrays);
    let mails = "Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    let content = soon("a.eml", format!("From: a@example.jp\r\nDate: x\r\nSubject: y\r\n{mails}").as_bytes());
    assert_eq!(uninspected(&content), [("a.eml", &Why::OverLimit(Limit::Depth))]);
    let mut nest = b"core".to_vec();
    for _ in 0..30 {
        nest = zip(&[("a.zip", &nest)]);
    }
    assert_eq!(soon("a.zip", &nest).uninspected[0].why, Why::OverLimit(Limit::Depth));
}

#[test]
fn tags_that_never_end_cost_no_second_search() {
    for piece in [
        "<a b=\"",
        "<script>",
        "<style>",
        "<!--",
        "<p style='",
        "&#",
        "&nbsp",
        "<![CDATA[",
        "<td colspan=999999 rowspan=999999>",
    ] {
        soon("a.html", format!("<html><table>{}", piece.repeat(200_000)).as_bytes());
    }
    soon("a.csv", "\"a,".repeat(20_000).as_bytes());
    soon("a.rtf", format!("{{\\rtf1{}", "\\u9".repeat(500_000)).as_bytes());
    soon("a.txt", "begin 644 \n".repeat(50_000).as_bytes());
}

#[test]
fn many_small_things() {
    let mail = format!(
        "From: a@example.jp\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\n{}",
        "> a\r\nb\r\n".repeat(100_000)
    );
    let content = soon("a.eml", mail.as_bytes());
    assert!(content.texts.len() < 3000, "{}", content.texts.len());
    assert!(content.texts.iter().map(|t| t.text.lines().count()).sum::<usize>() >= 200_000);
    let links: String = (0..200_000).map(|i| format!("<a href=x{i}>")).collect();
    let limits = Limits { total_bytes: 8 << 20, ..Limits::default() };
    let content = extract_file(Some("a.html"), None, format!("<html>{links}").as_bytes(), &limits);
    assert_eq!(uninspected(&content), [("a.html", &Why::OverLimit(Limit::TotalBytes))]);
    assert!(content.links.len() < 100_000);
}

#[test]
fn drawings_that_multiply() {
    let form = |next: u32| {
        let resources =
            format!("/Type /XObject /Subtype /Form /Resources << /XObject << /X {next} 0 R >> >>");
        stream(&resources, &b"/X Do ".repeat(50))
    };
    let forms: Vec<(u32, Vec<u8>)> = (10..30).map(|i| (i, form(i + 1))).collect();
    let file = pdf("/XObject << /X 10 0 R >>", b"/X Do", &forms);
    let limits = Limits { time_ms: 500, ..Limits::default() };
    let start = Instant::now();
    let content = extract_file(Some("a.pdf"), None, &file, &limits);
    assert!(start.elapsed() < Duration::from_secs(3));
    assert_eq!(uninspected(&content), [("a.pdf", &Why::OverLimit(Limit::Time))]);
}

/// One small file of every kind that is read.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let sheet = sheet_data(&[&["氏名", "住所"], &["山田", "東京"]]);
    let font = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>";
    let packed = stream("/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", &zlib(b"20 0 << /A 1 >>"));
    let mail = b"From: a@example.jp\r\nDate: x\r\nMessage-ID: <a@b>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<table><tr><td>a<td>b<tr><td>c<td>d</table>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x\r\n\r\ninner\r\n--b--";
    let tnef = [
        &b"\x78\x9f\x3e\x22\0\0"[..],
        &tnef_attribute(2, 0x0006_9002, &[0; 14]),
        &tnef_attribute(2, 0x0006_800f, b"abc"),
    ]
    .concat();
    let slides = [
        &[0x0f, 0, 0xe8, 3, 18, 0, 0, 0, 0, 0, 0xa0, 0x0f, 10, 0, 0, 0][..],
        &[0x71, 0x5c, 0, 0, 1, 2, 3, 4, 5, 6],
    ]
    .concat();
    vec![
        ("a.xlsx", xlsx(&[Sheet { name: "a", state: "hidden", xml: &sheet }], &[("xl/comments1.xml", b"<c><t>x</t></c>")])),
        ("a.docx", docx("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", &[])),
        ("a.odt", zip(&[("mimetype", b"x"), ("content.xml", "<a><text:p>山田</text:p></a>".as_bytes())])),
        ("a.pdf", pdf(font, b"BT /F1 10 Tf 1 0 0 1 10 10 Tm (hello) Tj [(a) -900 (b)] TJ ET", &[(10, packed)])),
        ("a.rtf", b"{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset128 a;}}\\f0 \\'8eR{\\v b}\\u23665?{\\*\\objdata 504b0304}}".to_vec()),
        ("a.tgz", gzip(&tar(&[("a.txt", b"abc")]))),
        ("a.eml", mail.to_vec()),
        ("winmail.dat", tnef),
        ("a.ppt", compound(&[("/PowerPoint Document", &slides)])),
        ("a.html", "<p style=\"display:none\">a</p><table><tr><td rowspan=2>山<td>b<tr><td>c</table>&amp;<a href='x'>y".into()),
        ("a.csv", "a,\"b\"\"c\"\r\nd,e\r\n".into()),
        ("a.txt", b"\x1b$B;3ED\x1b(B > quoted \xe5\xb1".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Any bytes behind any beginning.
    #[test]
    fn random_bytes(which in 0usize..12, keep in 0usize..64, tail in proptest::collection::vec(any::<u8>(), 0..512)) {
        let (name, sample) = &samples()[which];
        let bytes = [&sample[..keep.min(sample.len())], &tail].concat();
        let content = extract_file(Some(name), None, &bytes, &Limits::default());
        prop_assert!(content.parts.len() <= 2000);
    }

    /// A real file with some bytes changed, taken out or doubled.
    #[test]
    fn damaged_files(which in 0usize..12, harm in proptest::collection::vec((any::<u16>(), any::<u8>(), 0u8..4), 1..6)) {
        let (name, mut bytes) = samples().swap_remove(which);
        for (at, value, how) in harm {
            if bytes.is_empty() { break; }
            let at = usize::from(at) % bytes.len();
            match how {
                0 => bytes[at] = value,
                1 => bytes[at] ^= 1 << (value % 8),
                2 => { bytes.drain(at..(at + usize::from(value)).min(bytes.len())); }
                _ => { let copy = bytes[at..].to_vec(); bytes.extend(copy.iter().take(1000)); }
            }
        }
        let content = extract_file(Some(name), None, &bytes, &Limits::default());
        prop_assert!(content.parts.len() <= 2000);
    }
}
