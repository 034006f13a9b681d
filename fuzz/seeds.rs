//! Where fuzzing starts: for each body small sound inputs, made here or lying in the repository.

use std::path::Path;

use super::files::{
    Sheet, compound, docx, gzip, multipart, pdf, sheet_data, stream, tar, tnef_attribute, xlsx, zip, zlib,
};

/// The inputs that a body of `super::bodies` starts from; `more` is a folder of further files, such as
/// `seeds.py` writes.
pub fn seeds(body: &str, more: Option<&Path>) -> Vec<Vec<u8>> {
    let mut found = made(body);
    for folder in ["tests/clean", "rules/casebook", "rules"] {
        collect(&root().join(folder), body, &mut found);
    }
    if let Some(more) = more {
        collect(more, body, &mut found);
    }
    found.retain(|seed| seed.len() <= 128 * 1024);
    assert!(!found.is_empty(), "{body} has no seeds");
    found
}

/// Reads the files of a folder, and of those in it, whose kind the body takes.
fn collect(folder: &Path, body: &str, found: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder of seeds").flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, body, found);
        } else if path.file_name().is_some_and(|n| takes(body, &n.to_string_lossy())) {
            let bytes = std::fs::read(&path).expect("a seed");
            found.push(if body == "dialogue" { said(&bytes) } else { bytes });
        }
    }
}

/// Whether a body takes a file of that name.
fn takes(body: &str, name: &str) -> bool {
    let kinds: &[&str] = match body {
        "dialogue" | "data" => &["message.eml"],
        "message" | "rewrite" | "inspect" | "content_mail" => &["eml"],
        "rules" => &["toml"],
        "content_text" => &["txt"],
        "content_csv" => &["csv"],
        "content_html" => &["html"],
        "content_xml" => &["xml"],
        "content_rtf" => &["rtf"],
        "content_pdf" => &["pdf"],
        "content_xlsx" => &["xlsx"],
        "content_xls" => &["xls"],
        "content_docx" => &["docx"],
        "content_pptx" => &["pptx"],
        "content_odf" => &["ods", "odt"],
        "content_doc" => &["doc", "ppt"],
        "content_msg" => &["msg"],
        "content_zip" => &["zip"],
        "content_7z" => &["7z"],
        "content_tar" => &["tgz", "tar"],
        _ => &[],
    };
    kinds.iter().any(|kind| name == *kind || name.rsplit_once('.').is_some_and(|(_, e)| e == *kind))
        && (body != "rules" || !matches!(name, "incident.toml" | "expect.toml"))
}

/// A whole dialogue that sends the message.
fn said(message: &[u8]) -> Vec<u8> {
    let mut out = b"EHLO mail.example.com\r\nMAIL FROM:<s@city.example.jp> SIZE=1000\r\n\
        RCPT TO:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
        .to_vec();
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b"\r\n.\r\nRSET\r\nQUIT\r\n");
    out
}

fn made(body: &str) -> Vec<Vec<u8>> {
    let rows = sheet_data(&[&["氏名", "住所"], &["山田", "東京"]]);
    let sheet = Sheet { name: "a", state: "hidden", xml: &rows };
    match body {
        "dialogue" => vec![
            b"EHLO x\r\nXCLIENT ADDR=192.0.2.1 NAME=x.example.com\r\nEHLO y\r\nXFORWARD ADDR=192.0.2.2\r\n\
              MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nRSET\r\nNOOP\r\nVRFY a\r\nHELP\r\nSTARTTLS\r\nQUIT\r\n"
                .to_vec(),
            said(b"To: a@example.com\r\n\r\n.dot\r\n"),
        ],
        "commands" => vec![
            b"EHLO x\r\nMAIL FROM:<a@example.com> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2Dy\r\n\
              RCPT TO:<@a,@b:\"a b\"@[IPv6:::1]> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@example.com\r\nDATA\r\n"
                .to_vec(),
            b"XCLIENT NAME=a+20b ADDR=IPV6:::1 LOGIN=x\r\nXFORWARD HELO=[UNAVAILABLE]\r\n".to_vec(),
        ],
        "replies" => vec![b"250-x\r\n250-SIZE 1000\r\n250 DSN\r\n354 go\r\n451 4.3.0 later\r\n".to_vec()],
        "data" => vec![b"a\r\n..b\r\n.\r\nQUIT\r\n".to_vec(), b"\r\n.\r\r\n\n.\n\r\n.\r\n".to_vec()],
        "config" => vec![
            std::fs::read(root().join("config.example.toml"))
                .expect("the example"),
        ],
        "rules" => vec![
            b"[[rule]]\nid = \"a\"\nwhen = \"recipients.visible_parties >= 10 && message.subject.matches('(a|b)+')\"\n\
              action = \"rewrite\"\nrewrite = \"bcc\"\nincidents = [\"2023-116\"]\n[rule.reason]\nja = \"a\"\nen = \"b\"\n"
                .to_vec(),
        ],
        "message" | "rewrite" | "inspect" | "content_mail" => vec![
            multipart("mixed", &[("Content-Type: text/html", b"<p>a"), ("Content-Type: message/rfc822", b"From: x\r\n\r\nb")]),
        ],
        "content_text" => vec![b"\x1b$B;3ED\x1b(B\r\n> quoted\r\nbegin 644 a.txt\n#86)C\n`\nend\n".to_vec()],
        "content_csv" => vec!["a,\"b\"\"c\"\r\nd,e\r\n".into(), "氏名\t住所\n山田\t東京\n".into()],
        "content_html" => vec!["<p style=\"display:none\">a</p><table><tr><td rowspan=2>山<td>b<tr><td>c</table>&amp;<a href='x'>y".into()],
        "content_xml" => vec!["<?xml version=\"1.0\"?><a b=\"c\"><![CDATA[山田]]>&amp;</a>".into()],
        "content_rtf" => vec![b"{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset128 a;}}\\f0 \\'8eR{\\v b}\\u23665?{\\*\\objdata 504b0304}}".to_vec()],
        "content_pdf" => pdfs(),
        "content_xlsx" => vec![xlsx(&[sheet], &[("xl/comments1.xml", b"<c><t>x</t></c>"), ("xl/sharedStrings.xml", b"<sst><si><t>a</t></si></sst>")])],
        "content_xlsb" => vec![xlsb()],
        "content_xls" => vec![compound(&[("/Workbook", b"\x09\x08\x04\0\0\x06\x05\0\x85\0\x0a\0\x16\0\0\0\0\0\x02\0ab\x0a\0\0\0")])],
        "content_docx" => vec![docx("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>", &[("word/embeddings/a.bin", &zip(&[("a.txt", b"b")]))])],
        "content_pptx" => vec![zip(&[("[Content_Types].xml", b"<Types/>"), ("ppt/presentation.xml", b"<p/>"), ("ppt/slides/slide1.xml", b"<p:sld><a:p><a:r><a:t>a</a:t></a:r></a:p></p:sld>")])],
        "content_odf" => vec![zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", "<a><text:p>山田</text:p></a>".as_bytes())])],
        "content_doc" => vec![word(), powerpoint()],
        "content_msg" => vec![outlook()],
        "content_tnef" => vec![winmail()],
        "content_zip" => vec![zip(&[("a.txt", b"abc"), ("b.zip", &zip(&[("c.csv", b"a,b\nc,d\n")]))])],
        "content_7z" => vec![b"7z\xbc\xaf\x27\x1c\0\x04\x8d\x9b\xd5\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec()],
        "content_tar" => vec![gzip(&tar(&[("a.txt", b"abc"), ("b.csv", b"a,b\n")])), tar(&[("a.txt", b"abc")])],
        _ => Vec::new(),
    }
}

fn pdfs() -> Vec<Vec<u8>> {
    let simple = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>";
    let packed = stream("/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", &zlib(b"20 0 << /A 1 >>"));
    let drawn = b"BT /F1 10 Tf 1 0 0 1 10 10 Tm (hello) Tj [(a) -900 (b)] TJ 3 Tr (c) ' ET";
    let mapped = "/Font << /F1 << /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 10 0 R \
        /DescendantFonts [ << /Subtype /CIDFontType2 /DW 1000 /W [1 [500] 2 9 600] >> ] >> >>";
    let map = stream("", b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n1 beginbfchar <0001> <5C71> endbfchar\n1 beginbfrange <0002> <0009> <3042> endbfrange");
    let form = stream("/Type /XObject /Subtype /Form /Resources << /XObject << /X 10 0 R >> >>", b"/X Do");
    vec![
        pdf(simple, drawn, &[(10, packed)]),
        pdf(mapped, b"BT /F1 10 Tf 100 700 Td <00010002> Tj T* [<0003> 100 <0004>] TJ ET", &[(10, map)]),
        pdf("/XObject << /X 10 0 R >>", b"q /X Do Q BI /W 1 /H 1 ID x EI", &[(10, form)]),
        pdf(
            "",
            b"",
            &[
                (10, b"<< /Type /Filespec /F (list.txt) /EF << /F 11 0 R >> >>".to_vec()),
                (11, stream("/Type /EmbeddedFile", b"within")),
                (12, b"<< /Type /Annot /Subtype /Text /Contents (note) >>".to_vec()),
            ],
        ),
    ]
}

fn xlsb() -> Vec<u8> {
    let record = |kind: u16, data: &[u8]| {
        let mut out = if kind < 0x80 { vec![kind as u8] } else { vec![kind as u8 | 0x80, (kind >> 7) as u8] };
        out.push(data.len() as u8);
        out.extend_from_slice(data);
        out
    };
    let wide = |text: &str| {
        let units: Vec<u16> = text.encode_utf16().collect();
        let length = (units.len() as u32).to_le_bytes().to_vec();
        [length, units.into_iter().flat_map(u16::to_le_bytes).collect()].concat()
    };
    let bundle = [&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &wide("r1"), &wide("裏")].concat();
    let workbook = record(156, &bundle);
    let strings = record(19, &[&[0][..], &wide("山田太郎")].concat());
    let styles = [
        record(44, &[&200u16.to_le_bytes()[..], &wide("0000")].concat()),
        record(617, &[]),
        record(47, &[0; 16]),
        record(618, &[]),
    ]
    .concat();
    let mut sheet = record(0, &[&[0; 11][..], &[0x10], &[0; 5]].concat());
    sheet.extend(record(7, &[0; 12]));
    sheet.extend(record(2, &[&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &30u32.to_le_bytes()].concat()));
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.bin", &workbook),
        ("xl/_rels/workbook.bin.rels", b"<R><Relationship Id=\"r1\" Target=\"worksheets/sheet1.bin\"/></R>"),
        ("xl/sharedStrings.bin", &strings),
        ("xl/styles.bin", &styles),
        ("xl/worksheets/sheet1.bin", &sheet),
    ])
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn word() -> Vec<u8> {
    let words = utf16("山田太郎\r");
    let mut main = vec![0u8; 0x600];
    main[0..2].copy_from_slice(&0xa5ecu16.to_le_bytes());
    main[0x4c..0x50].copy_from_slice(&5u32.to_le_bytes());
    main[0x1a6..0x1aa].copy_from_slice(&25u32.to_le_bytes());
    main[0x500..0x500 + words.len()].copy_from_slice(&words);
    let mut clx = vec![2];
    clx.extend(20u32.to_le_bytes());
    clx.extend([0u32.to_le_bytes(), 5u32.to_le_bytes()].concat());
    clx.extend([0, 0, 0, 5, 0, 0, 0, 0]);
    clx.extend([0; 4]);
    compound(&[("/WordDocument", &main), ("/0Table", &clx)])
}

fn powerpoint() -> Vec<u8> {
    let words = utf16("山田太郎\r");
    let atom = [&[0, 0, 0xa0, 0x0f][..], &10u32.to_le_bytes(), &words].concat();
    let slides = [&[0x0f, 0, 0xe8, 3][..], &(atom.len() as u32).to_le_bytes(), &atom].concat();
    compound(&[("/PowerPoint Document", &slides)])
}

fn outlook() -> Vec<u8> {
    compound(&[
        ("/__properties_version1.0", &[0; 32]),
        ("/__substg1.0_0037001F", &utf16("名簿の件")),
        ("/__substg1.0_1000001F", &utf16("山田です")),
        ("/__recip_version1.0_#00000000/__substg1.0_3003001F", &utf16("sato@example.com")),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", &utf16("名簿.csv")),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", b"a,b\nc,d\n"),
        ("/__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F", &utf16("中の本文")),
    ])
}

fn winmail() -> Vec<u8> {
    let name = utf16("名簿.csv\0");
    let mut properties = 1u32.to_le_bytes().to_vec();
    properties.extend([0x1f, 0, 0x07, 0x37, 1, 0, 0, 0]);
    properties.extend((name.len() as u32).to_le_bytes());
    properties.extend(&name);
    properties.resize(properties.len().next_multiple_of(4), 0);
    [
        b"\x78\x9f\x3e\x22\x01\x00".to_vec(),
        tnef_attribute(1, 0x0006_9007, &932u32.to_le_bytes()),
        tnef_attribute(1, 0x0002_800c, b"body\0"),
        tnef_attribute(2, 0x0006_9002, &[0; 14]),
        tnef_attribute(2, 0x0001_8010, b"MEIBO.CSV\0"),
        tnef_attribute(2, 0x0006_800f, b"a,b\nc,d\n"),
        tnef_attribute(2, 0x0006_9005, &properties),
    ]
    .concat()
}

/// The project's root, from whichever package this file is built in.
fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|p| p.join("config.example.toml").is_file()).expect("the project's root")
}
