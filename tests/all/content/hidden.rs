//! Words that a reader does not see, in every kind of document: each is noted as hidden, and read.

use std::io::Write;

use content::{Kind, Oddity};

use super::{noted, read, tables, text};
use crate::support::files::{Sheet, base64, docx, multipart, pdf, xlsx, zip};

const WHITE: &str = "<a:solidFill><a:srgbClr val=\"FFFFFF\"/></a:solidFill>";
const BLUE: &str = "<a:solidFill><a:srgbClr val=\"1F3864\"/></a:solidFill>";

/// A presentation of one slide: what stands before the shapes, and the shapes.
fn pptx(before: &str, shapes: &str) -> Vec<u8> {
    let slide = format!("<p:sld><p:cSld>{before}<p:spTree>{shapes}</p:spTree></p:cSld></p:sld>");
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        (
            "ppt/presentation.xml",
            b"<p:presentation><p:sldSz cx=\"9144000\" cy=\"6858000\"/></p:presentation>",
        ),
        ("ppt/slides/slide1.xml", slide.as_bytes()),
    ])
}

/// A shape: what its frame, its own properties and its run say, and its words.
fn shape(frame: &str, own: &str, run: &str, words: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"1\" name=\"a\"{frame}/></p:nvSpPr><p:spPr>{own}</p:spPr><p:txBody><a:p><a:r>\
         <a:rPr{run}</a:rPr><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
}

fn place(x: i64, y: i64) -> String {
    format!("<a:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"1000000\" cy=\"500000\"/></a:xfrm>")
}

#[test]
fn white_and_tiny_words_on_a_slide() {
    for (shapes, times) in [
        (shape("", "", &format!(">{WHITE}"), "佐藤花子"), 1),
        (shape("", "", "><a:solidFill><a:schemeClr val=\"bg1\"/></a:solidFill>", "佐藤花子"), 1),
        (shape("", "", " sz=\"100\">", "佐藤花子"), 1),
        (shape("", "", ">", "佐藤花子"), 0),
        (shape("", "", &format!(">{BLUE}"), "佐藤花子"), 0),
        (shape("", BLUE, &format!(">{WHITE}"), "佐藤花子"), 0),
        (shape("", &format!("<a:ln>{BLUE}</a:ln>"), &format!(">{WHITE}"), "佐藤花子"), 1),
        (
            shape(
                "",
                "",
                &format!(">{WHITE}<a:highlight><a:srgbClr val=\"000000\"/></a:highlight>"),
                "佐藤花子",
            ),
            0,
        ),
        (format!("<p:pic/>{}", shape("", "", &format!(">{WHITE}"), "佐藤花子")), 0),
        (
            shape(
                "",
                "",
                "><a:solidFill><a:schemeClr val=\"bg1\"><a:lumMod val=\"50000\"/></a:schemeClr></a:solidFill>",
                "佐藤花子",
            ),
            0,
        ),
    ] {
        let content = read("a.pptx", &pptx("", &shapes));
        assert_eq!(noted(&content, Oddity::HiddenText), times, "{shapes}");
        assert_eq!(text(&content, Kind::Attachment).trim(), "佐藤花子", "{shapes}");
    }
    let dark = format!("<p:bg><p:bgPr>{BLUE}</p:bgPr></p:bg>");
    let content = read("a.pptx", &pptx(&dark, &shape("", "", &format!(">{WHITE}"), "佐藤花子")));
    assert_eq!(noted(&content, Oddity::HiddenText), 0);
}

#[test]
fn shapes_that_are_hidden_or_beside_the_slide() {
    let shown = shape("", &place(0, 0), ">", "見出し");
    for hidden in [
        shape(" hidden=\"1\"", &place(0, 0), ">", "佐藤花子"),
        shape("", &place(-2_000_000, 0), ">", "佐藤花子"),
        shape("", &place(9_144_000, 100), ">", "佐藤花子"),
        shape("", &place(0, 7_000_000), ">", "佐藤花子"),
    ] {
        let content = read("a.pptx", &pptx("", &format!("{hidden}{shown}")));
        assert_eq!(noted(&content, Oddity::HiddenText), 1, "{hidden}");
        assert_eq!(text(&content, Kind::Hidden).trim(), "佐藤花子", "{hidden}");
        assert_eq!(text(&content, Kind::Attachment).trim(), "見出し", "{hidden}");
    }
    let half = shape("", &place(-500_000, 0), ">", "佐藤花子");
    assert_eq!(noted(&read("a.pptx", &pptx("", &half)), Oddity::HiddenText), 0);
}

#[test]
fn hidden_and_tiny_words_of_a_letter() {
    let run = |properties: &str| {
        format!(
            "<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>佐藤花子</w:t></w:r><w:r><w:t>敬具</w:t></w:r></w:p>"
        )
    };
    for (properties, times) in [
        ("<w:vanish/>", 1),
        ("<w:sz w:val=\"2\"/>", 1),
        ("<w:sz w:val=\"21\"/>", 0),
        ("<w:vanish w:val=\"0\"/>", 0),
    ] {
        let content = read("a.docx", &docx(&run(properties), &[]));
        assert_eq!(noted(&content, Oddity::HiddenText), times, "{properties}");
        let whole = format!("{}{}", text(&content, Kind::Hidden), text(&content, Kind::Attachment));
        assert!(whole.contains("佐藤花子") && whole.contains("敬具"), "{properties}");
    }
}

/// A workbook whose cells B1 to E1 are of the styles 1 to 4.
fn workbook() -> Vec<u8> {
    let styles = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\";;;\"/></numFmts>\
        <fonts><font><color theme=\"1\"/></font><font><color rgb=\"FFFFFFFF\"/></font></fonts>\
        <fills><fill><patternFill patternType=\"none\"/></fill>\
        <fill><patternFill patternType=\"solid\"><fgColor rgb=\"FF1F3864\"/></patternFill></fill></fills>\
        <cellXfs><xf/><xf fontId=\"1\"/><xf fontId=\"1\" fillId=\"1\"/><xf numFmtId=\"164\"/><xf fontId=\"1\"/></cellXfs></styleSheet>";
    let cell = |place: &str, style: u32, text: &str| {
        format!("<c r=\"{place}\" s=\"{style}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let row = [
        cell("A1", 0, "氏名"),
        cell("B1", 1, "佐藤花子"),
        cell("C1", 2, "見出し"),
        "<c r=\"D1\" s=\"3\"><v>90</v></c><c r=\"E1\" s=\"4\"/>".to_string(),
    ];
    let data = format!("<sheetData><row r=\"1\">{}</row></sheetData>", row.concat());
    xlsx(&[Sheet { name: "a", state: "visible", xml: &data }], &[("xl/styles.xml", styles.as_bytes())])
}

#[test]
fn cells_that_show_nothing() {
    let content = read("a.xlsx", &workbook());
    assert_eq!(noted(&content, Oddity::HiddenText), 2, "white on nothing, and ;;;");
    assert_eq!(tables(&content), "氏名\t佐藤花子\t見出し\t90\n");
}

fn open_document(styles: &str, body: &str) -> Vec<u8> {
    let xml = format!(
        "<office:document-content><office:automatic-styles>{styles}</office:automatic-styles>\
         <office:body>{body}</office:body></office:document-content>"
    );
    zip(&[("mimetype", b"x"), ("content.xml", xml.as_bytes())])
}

#[test]
fn open_documents_hide_by_their_styles() {
    let style = |name: &str, properties: &str| {
        format!("<style:style style:name=\"{name}\">{properties}</style:style>")
    };
    let white = style("w", "<style:text-properties fo:color=\"#FFFFFF\"/>");
    let marked = style("m", "<style:text-properties fo:color=\"#ffffff\" fo:background-color=\"#000000\"/>");
    let gone = style("g", "<style:text-properties text:display=\"none\"/>");
    let dark = style("d", "<style:table-cell-properties fo:background-color=\"#1f3864\"/>");
    let styles = format!("{white}{marked}{gone}{dark}");
    let span =
        |name: &str| format!("<text:p>様<text:span text:style-name=\"{name}\">佐藤花子</text:span></text:p>");
    let cell = |name: &str| {
        format!(
            "<table:table><table:table-row><table:table-cell table:style-name=\"{name}\">{}</table:table-cell>\
             </table:table-row></table:table>",
            span("w")
        )
    };
    for (body, times) in [
        (span("w"), 1),
        (span("m"), 0),
        (span("g"), 1),
        (span("x"), 0),
        ("<text:p text:style-name=\"w\">佐藤花子</text:p>".to_string(), 1),
        (cell("x"), 1),
        (cell("d"), 0),
    ] {
        let content = read("a.odt", &open_document(&styles, &format!("<office:text>{body}</office:text>")));
        assert_eq!(noted(&content, Oddity::HiddenText), times, "{body}");
        let whole = format!("{}{}", text(&content, Kind::Hidden), text(&content, Kind::Attachment));
        assert!(whole.contains("佐藤花子"), "{body}");
    }
    let sheet = "<office:spreadsheet><table:table table:name=\"a\"><table:table-row>\
        <table:table-cell office:value-type=\"string\" table:style-name=\"w\"><text:p>佐藤花子</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"string\"><text:p>見出し</text:p></table:table-cell>\
        </table:table-row></table:table></office:spreadsheet>";
    let content = read("a.ods", &open_document(&styles, sheet));
    assert_eq!((noted(&content, Oddity::HiddenText), tables(&content).as_str()), (1, "佐藤花子\t見出し\n"));
    let slides = style("p", "<style:drawing-page-properties presentation:visibility=\"hidden\"/>");
    let page = |name: &str, words: &str| {
        format!(
            "<draw:page draw:style-name=\"{name}\"><draw:frame><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame></draw:page>"
        )
    };
    let body = format!(
        "<office:presentation>{}{}</office:presentation>",
        page("p", "佐藤花子"),
        page("q", "見出し")
    );
    let content = read("a.odp", &open_document(&slides, &body));
    assert_eq!((noted(&content, Oddity::HiddenSlide), noted(&content, Oddity::HiddenText)), (1, 0));
    assert_eq!(text(&content, Kind::Hidden).trim(), "佐藤花子");
    assert_eq!(text(&content, Kind::Attachment).trim(), "見出し");
}

#[test]
fn words_of_a_pdf_in_white_or_in_no_ink() {
    let font =
        "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>";
    let words = "BT /F1 12 Tf 72 700 Td (Sato Hanako) Tj ET";
    for (before, hidden, invisible) in [
        ("", 0, 0),
        ("1 g", 1, 0),
        ("1 1 1 rg", 1, 0),
        ("0 0 0 0 k", 1, 0),
        ("/DeviceRGB cs 1 1 1 scn", 1, 0),
        ("0 g", 0, 0),
        ("1 g 0 0 595 842 re f", 1, 0),
        ("0 0 0.5 rg 0 0 595 842 re f 1 g", 0, 0),
        ("q 1 g Q", 0, 0),
        ("3 Tr", 0, 11),
    ] {
        let content = read("a.pdf", &pdf(font, format!("{before} {words}").as_bytes(), &[]));
        assert_eq!(noted(&content, Oddity::HiddenText), hidden, "{before}");
        assert_eq!(noted(&content, Oddity::InvisibleText), invisible, "{before}");
        assert_eq!(text(&content, Kind::Attachment).trim(), "Sato Hanako", "{before}");
    }
}

/// The same at the front door: every kind of file in one mail, and `inspect --explain` names each.
#[test]
fn inspect_tells_of_hidden_words_in_every_kind_of_file() {
    let font =
        "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>";
    let vanish = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t></w:r></w:p>";
    let style = "<style:style style:name=\"w\"><style:text-properties fo:color=\"#ffffff\"/></style:style>";
    let odt = open_document(style, "<office:text><text:p text:style-name=\"w\">a</text:p></office:text>");
    let files: [(&str, Vec<u8>); 6] = [
        ("a.docx", docx(vanish, &[])),
        ("a.xlsx", workbook()),
        ("a.pptx", pptx("", &shape("", "", &format!(">{WHITE}"), "a"))),
        ("a.odt", odt),
        ("a.pdf", pdf(font, b"1 g BT /F1 12 Tf 72 700 Td (a) Tj ET", &[])),
        (
            "a.html",
            "<p>見<span style=\"color:#fff\">a</span><span style=\"display:none\">b</span></p>".into(),
        ),
    ];
    let parts: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| {
            let header = format!(
                "Content-Type: application/octet-stream; name=\"{name}\"\r\nContent-Disposition: attachment; \
                 filename=\"{name}\"\r\nContent-Transfer-Encoding: base64"
            );
            (header, base64(bytes))
        })
        .collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(h, b)| (h.as_str(), b.as_slice())).collect();
    let mut mail = tempfile::NamedTempFile::new().expect("a file");
    mail.write_all(&multipart("mixed", &parts)).expect("a file");
    let run = |args: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"));
        program.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "ja_JP.UTF-8");
        let answer = program.args(args).arg(mail.path()).output().expect("the program");
        assert!(answer.status.success(), "{answer:?}");
        String::from_utf8_lossy(&answer.stdout).into_owned()
    };
    let explained = run(&["inspect", "--explain"]);
    for (name, times) in
        [("a.docx", 1), ("a.xlsx", 2), ("a.pptx", 1), ("a.odt", 1), ("a.pdf", 1), ("a.html", 2)]
    {
        let line = format!("隠し文字 × {times} ({name})");
        assert!(explained.contains(&line), "{line}\n{explained}");
    }
    let told: serde_json::Value = serde_json::from_str(run(&["inspect"]).trim()).expect("one line of JSON");
    assert_eq!(told["facts"]["attachments"]["hidden_text"], 8);
}
