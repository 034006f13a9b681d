//! Documents: what stands in them, and what stands in them unseen.

use content::{Kind, Oddity, Why};

use super::{noted, read, tables, text, uninspected};
use crate::support::files::{compound, docx, pdf, stream, zip, zlib};

#[test]
fn word_with_everything_around_the_text() {
    let body = "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:r><w:t>拝啓</w:t></w:r><w:r><w:tab/><w:t>山田様</w:t></w:r></w:p>\
        <w:p><w:ins><w:r><w:t>加筆</w:t></w:r></w:ins><w:del><w:r><w:delText>削除済</w:delText></w:r></w:del></w:p>\
        <w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>隠し</w:t></w:r><w:r><w:t>表示</w:t></w:r></w:p>\
        <w:p><w:r><w:instrText>HYPERLINK \"https://example.com/form\"</w:instrText></w:r></w:p>\
        <mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>枠内</w:t></w:r></w:p></w:txbxContent></mc:Choice>\
        <mc:Fallback><w:p><w:r><w:t>枠内</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>氏名</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>病名</w:t></w:r></w:p></w:tc></w:tr>\
        <w:tr><w:tc><w:p><w:r><w:t>佐藤</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>風邪</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let part = |text: &str| format!("<w:x><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:x>");
    let inner = zip(&[("a.txt", b"within")]);
    let file = docx(
        body,
        &[
            ("word/header1.xml", part("部外秘").as_bytes()),
            ("word/footnotes.xml", part("脚注").as_bytes()),
            (
                "word/comments.xml",
                b"<w:comments><w:comment><w:p><w:r><w:t>check</w:t></w:r></w:p></w:comment></w:comments>",
            ),
            (
                "word/_rels/document.xml.rels",
                b"<R><Relationship Target=\"https://example.com/share\" TargetMode=\"External\"/></R>",
            ),
            ("word/embeddings/oleObject1.bin", &inner),
            ("word/styles.xml", b"<s>no text</s>"),
            (
                "docProps/core.xml",
                "<c><dc:title>人事</dc:title><x:modified>2026-01-01</x:modified></c>".as_bytes(),
            ),
        ],
    );
    let content = read("a.docx", &file);
    assert_eq!(
        text(&content, Kind::Attachment).split_whitespace().collect::<Vec<_>>(),
        ["拝啓", "山田様", "加筆", "表示", "枠内", "within"]
    );
    assert_eq!(tables(&content), "氏名\t病名\n佐藤\t風邪\n");
    for (kind, want) in [
        (Kind::Deleted, "削除済"),
        (Kind::Hidden, "隠し"),
        (Kind::PageHeader, "部外秘"),
        (Kind::Note, "脚注"),
        (Kind::Comment, "check"),
        (Kind::Property, "人事"),
    ] {
        assert_eq!(text(&content, kind).trim(), want);
    }
    let links: Vec<&str> = content.links.iter().map(|l| l.url.as_str()).collect();
    assert!(links.contains(&"https://example.com/form") && links.contains(&"https://example.com/share"));
    assert_eq!(noted(&content, Oddity::TrackedChanges), 2);
    assert_eq!(noted(&content, Oddity::HiddenText), 1);
    assert_eq!(noted(&content, Oddity::Comments), 1);
    assert_eq!(noted(&content, Oddity::EmbeddedObject), 1);
    assert_eq!(content.uninspected, vec![]);
}

#[test]
fn white_words_on_nothing_are_noted_and_read() {
    let run = |properties: &str| format!("<w:r><w:rPr>{properties}</w:rPr><w:t>山田太郎</w:t></w:r>");
    let white = "<w:color w:val=\"FFFFFF\"/>";
    let shade = "<w:shd w:val=\"clear\" w:fill=\"1F3864\"/>";
    let read_one = |body: &str| read("a.docx", &docx(body, &[]));
    let content = read_one(&format!("<w:p>{}</w:p>", run(white)));
    assert_eq!(noted(&content, Oddity::HiddenText), 1);
    assert_eq!(text(&content, Kind::Attachment).trim(), "山田太郎");
    for shown in [
        format!("<w:p>{}</w:p>", run("<w:color w:val=\"000000\"/>")),
        format!("<w:p>{}</w:p>", run(&format!("{white}{shade}"))),
        format!("<w:p><w:pPr>{shade}</w:pPr>{}</w:p>", run(white)),
        format!("<w:tbl><w:tr><w:tc><w:tcPr>{shade}</w:tcPr><w:p>{}</w:p></w:tc></w:tr></w:tbl>", run(white)),
    ] {
        assert_eq!(noted(&read_one(&shown), Oddity::HiddenText), 0, "{shown}");
    }
}

#[test]
fn powerpoint_slides_in_order_with_notes() {
    let slide =
        |text: &str, show: &str| format!("<p:sld{show}><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>");
    let file = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("ppt/presentation.xml", b"<p/>"),
        ("ppt/slides/slide10.xml", slide("十", "").as_bytes()),
        ("ppt/slides/slide2.xml", slide("二", "").as_bytes()),
        ("ppt/slides/slide3.xml", slide("隠し", " show=\"0\"").as_bytes()),
        ("ppt/notesSlides/notesSlide1.xml", slide("発言", "").as_bytes()),
    ]);
    let content = read("a.pptx", &file);
    assert_eq!(text(&content, Kind::Attachment), "二\n\n十\n");
    assert_eq!(text(&content, Kind::Hidden).trim(), "隠し");
    assert_eq!(text(&content, Kind::Note).trim(), "発言");
    assert_eq!(noted(&content, Oddity::HiddenSlide), 1);
}

#[test]
fn open_document_text() {
    let xml = "<office:document-content><office:body><office:text><text:tracked-changes><text:changed-region><text:deletion><text:p>削除済</text:p></text:deletion></text:changed-region></text:tracked-changes>\
        <text:p>山田<text:s text:c=\"2\"/>様<office:annotation><text:p>メモ</text:p></office:annotation></text:p>\
        <text:p>注<text:note><text:note-body><text:p>脚注</text:p></text:note-body></text:note></text:p></office:text></office:body></office:document-content>";
    let content = read("a.odt", &zip(&[("mimetype", b"x"), ("content.xml", xml.as_bytes())]));
    assert_eq!(text(&content, Kind::Attachment), "山田  様\n注\n");
    assert_eq!(text(&content, Kind::Deleted).trim(), "削除済");
    assert_eq!(text(&content, Kind::Comment).trim(), "メモ");
    assert_eq!(text(&content, Kind::Note).trim(), "脚注");
    let locked = zip(&[
        ("mimetype", b"x"),
        ("content.xml", b"\x01"),
        ("META-INF/manifest.xml", b"<m><manifest:encryption-data/></m>"),
    ]);
    assert_eq!(uninspected(&read("a.odt", &locked)), [("a.odt", &Why::Encrypted)]);
}

/// A predefined CMap on a font that is not embedded, as Japanese programs write it.
fn cid_font(encoding: &str) -> String {
    format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /{encoding} /DescendantFonts [ << /Type /Font \
         /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >> ] >>"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn pdf_with_the_predefined_japanese_encodings() {
    let words = "山田太郎 09012345678";
    let sjis = encoding_rs::SHIFT_JIS.encode(words).0;
    let utf16: Vec<u8> = words.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let euc = encoding_rs::EUC_JP.encode(words).0;
    for (encoding, bytes) in [
        ("90ms-RKSJ-H", &sjis[..]),
        ("90msp-RKSJ-H", &sjis),
        ("UniJIS-UTF16-H", &utf16),
        ("UniJIS-UCS2-H", &utf16),
        ("EUC-H", &euc),
    ] {
        let content = format!("BT /F1 12 Tf 100 700 Td <{}> Tj ET", hex(bytes));
        let file = pdf(&format!("/Font << /F1 {} >>", cid_font(encoding)), content.as_bytes(), &[]);
        assert_eq!(text(&read("a.pdf", &file), Kind::Attachment), words, "{encoding}");
    }
    // Numbers of glyphs alone, in Adobe-Japan1: 山 is 2177 there.
    let file = pdf(
        &format!("/Font << /F1 {} >>", cid_font("Identity-H")),
        b"BT /F1 12 Tf 100 700 Td <0881> Tj ET",
        &[],
    );
    assert_eq!(text(&read("a.pdf", &file), Kind::Attachment), "山");
}

#[test]
fn pdf_by_its_to_unicode_map_and_layout() {
    let map = "begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <0002> <5c71> endbfrange \
        2 beginbfchar <0010> <7530> <0011> <d83dde00> endbfchar endcmap";
    let font = "/Font << /F1 << /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 10 0 R /DescendantFonts [ << /Subtype /CIDFontType2 \
        /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >> ] >> \
        /F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [1 /at /eacute /uni5C71] >> >> >>";
    let drawn = b"BT /F1 10 Tf 100 700 Td [<0001> -20 <0010>] TJ 60 0 Td <0011> Tj 0 -14 Td <0001> Tj ET BT /F2 10 Tf 100 650 Td (a\\001b\\002\\003) Tj ET";
    let flate = stream("/Filter /FlateDecode", &zlib(map.as_bytes()));
    let content = read("a.pdf", &pdf(font, drawn, &[(10, flate)]));
    assert_eq!(text(&content, Kind::Attachment), "山田\t😀\n山\na@bé山");
    assert_eq!(content.uninspected, vec![]);
}

#[test]
fn pdf_that_has_no_text_to_give() {
    let picture = pdf("", b"q 100 0 0 100 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q", &[]);
    assert_eq!(uninspected(&read("scan.pdf", &picture)), [("scan.pdf", &Why::NoText)]);
    assert_eq!(uninspected(&read("blank.pdf", &pdf("", b"", &[]))), []);
    // A font that does not tell its characters.
    let font = "/Font << /F1 << /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [ << /Subtype /CIDFontType2 >> ] >> >>";
    let drawn = format!("BT /F1 10 Tf 100 700 Td <{}> Tj ET", "0102".repeat(40));
    let content = read("a.pdf", &pdf(font, drawn.as_bytes(), &[]));
    assert_eq!(uninspected(&content), [("a.pdf", &Why::NoText)]);
    assert_eq!(noted(&content, Oddity::UndecodableText), 40);
    let locked = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n\
        trailer\n<< /Root 1 0 R /Size 5 /ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <0000000000000000000000000000000000000000000000000000000000000000> /U <0000000000000000000000000000000000000000000000000000000000000000> >> >>\n%%EOF";
    assert_eq!(uninspected(&read("a.pdf", locked)), [("a.pdf", &Why::Encrypted)]);
}

#[test]
fn pdf_comments_fields_and_attached_files() {
    let page_extra = [
        (10, b"<< /Type /Filespec /F (list.txt) /EF << /F 11 0 R >> >>".to_vec()),
        (11, stream("/Type /EmbeddedFile", "山田太郎".as_bytes())),
        (12, b"<< /S /URI /URI (https://example.com/x) >>".to_vec()),
    ];
    let content = read("a.pdf", &pdf("", b"", &page_extra));
    assert_eq!(content.texts[0].path, "a.pdf › list.txt");
    assert_eq!(content.links[0].url, "https://example.com/x");
    assert_eq!(noted(&content, Oddity::EmbeddedObject), 1);
}

#[test]
fn the_old_word_and_powerpoint() {
    let units: Vec<u16> = "山田太郎\r".encode_utf16().collect();
    let words: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
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
    let file = compound(&[("/WordDocument", &main), ("/0Table", &clx)]);
    let content = read("a.doc", &file);
    assert_eq!(text(&content, Kind::Attachment).trim(), "山田太郎");
    main[11] = 1;
    let locked = compound(&[("/WordDocument", &main), ("/0Table", &clx)]);
    assert_eq!(uninspected(&read("a.doc", &locked)), [("a.doc", &Why::Encrypted)]);

    let atom = [&[0, 0, 0xa0, 0x0f][..], &10u32.to_le_bytes(), &words].concat();
    let slides = [&[0x0f, 0, 0xe8, 3][..], &(atom.len() as u32).to_le_bytes(), &atom].concat();
    let content = read("a.ppt", &compound(&[("/PowerPoint Document", &slides)]));
    assert_eq!(text(&content, Kind::Attachment).trim(), "山田太郎");
}
