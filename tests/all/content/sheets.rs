//! Spreadsheets: typed cells, and what is in them that nobody sees.

use content::{Cell, Format, Kind, Oddity};

use super::{noted, read, tables, text};
use crate::support::files::{Sheet, compound, sheet_data, xlsx, zip};

const STYLES: &[u8] = b"<styleSheet><numFmts><numFmt numFmtId=\"200\" formatCode=\"00000\"/>\
    <numFmt numFmtId=\"201\" formatCode=\"[$-411]ggge&quot;\xe5\xb9\xb4&quot;m&quot;\xe6\x9c\x88&quot;d\"/></numFmts>\
    <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"200\"/><xf numFmtId=\"201\"/><xf numFmtId=\"3\"/></cellXfs></styleSheet>";

#[test]
fn cells_keep_their_types() {
    let xml = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"B1\" s=\"1\"><v>42</v></c>\
        <c r=\"C1\" s=\"2\"><v>31048</v></c><c r=\"D1\" s=\"3\"><v>1200</v></c><c r=\"E1\" t=\"b\"><v>1</v></c>\
        <c r=\"F1\" t=\"str\"><v>a&amp;b</v></c><c r=\"G1\" t=\"s\"><v>99999</v></c></row></sheetData>";
    let strings =
        "<sst><si><t>x</t></si><si><r><t>山田</t></r><r><t>太郎</t></r><rPh><t>ヤマダ</t></rPh></si></sst>";
    let sheet = Sheet { name: "表", state: "visible", xml };
    let book = xlsx(&[sheet], &[("xl/styles.xml", STYLES), ("xl/sharedStrings.xml", strings.as_bytes())]);
    let content = read("名簿.xlsx", &book);
    let want = vec![
        Cell::Text("山田太郎".into()),
        Cell::Number(42.0, Format::Padded(5)),
        Cell::Date(1985, 1, 1),
        Cell::Number(1200.0, Format::Amount),
        Cell::Bool(true),
        Cell::Text("a&b".into()),
    ];
    assert_eq!(content.tables[0].rows, vec![want]);
    assert_eq!(content.tables[0].to_text(), "山田太郎\t00042\t1985-01-01\t1200\ttrue\ta&b\n");
    assert_eq!(content.uninspected, vec![]);
}

#[test]
fn hidden_sheets_rows_columns_and_comments_are_read_and_noted() {
    let seen = sheet_data(&[&["氏名"]]);
    let hidden = "<cols><col min=\"2\" max=\"3\" hidden=\"1\"/></cols><sheetData>\
        <row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"B1\" t=\"str\"><v>裏</v></c></row>\
        <row r=\"2\" hidden=\"1\"><c r=\"A2\" t=\"str\"><v>秘</v></c></row><row r=\"3\" hidden=\"1\"/></sheetData>\
        <headerFooter><oddHeader>&amp;C&amp;\"MS,B\"&amp;14社外秘</oddHeader></headerFooter>";
    let sheets = [
        Sheet { name: "表", state: "visible", xml: &seen },
        Sheet { name: "控え", state: "veryHidden", xml: hidden },
    ];
    let comment = "<comments><commentList><comment ref=\"A1\"><text><r><t>要配慮</t></r></text></comment></commentList></comments>";
    let cache = "<pivotCacheRecords><r><s v=\"佐藤花子\"/><n v=\"5\"/></r></pivotCacheRecords>";
    let orphan = format!("<worksheet>{}</worksheet>", sheet_data(&[&["孤児"]]));
    let book = xlsx(
        &sheets,
        &[
            ("xl/comments1.xml", comment.as_bytes()),
            ("xl/pivotCache/pivotCacheRecords1.xml", cache.as_bytes()),
            ("xl/worksheets/sheet9.xml", orphan.as_bytes()),
            ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"),
        ],
    );
    let content = read("a.xlsm", &book);
    for word in ["氏名", "裏", "秘", "佐藤花子", "孤児"] {
        assert!(tables(&content).contains(word), "{word}");
    }
    assert_eq!(content.tables.iter().filter(|t| t.hidden).count(), 2);
    assert_eq!(noted(&content, Oddity::HiddenSheet), 2);
    assert_eq!(noted(&content, Oddity::HiddenRows), 1);
    assert_eq!(noted(&content, Oddity::HiddenColumns), 1);
    assert_eq!(noted(&content, Oddity::Comments), 1);
    assert_eq!(noted(&content, Oddity::CachedData), 1);
    assert_eq!(noted(&content, Oddity::Macros), 1);
    assert_eq!(text(&content, Kind::Comment).trim(), "要配慮");
    assert_eq!(text(&content, Kind::PageHeader).trim(), "社外秘");
}

#[test]
fn open_document_sheets() {
    let xml = "<office:document-content><office:automatic-styles><style:style style:name=\"h\"><style:table-properties table:display=\"false\"/></style:style></office:automatic-styles>\
        <office:body><office:spreadsheet><table:table table:name=\"控え\" table:style-name=\"h\">\
        <table:table-column table:visibility=\"collapse\"/>\
        <table:table-row table:visibility=\"collapse\"><table:table-cell office:value-type=\"string\"><office:annotation><text:p>メモ</text:p></office:annotation><text:p>氏名</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"float\" office:value=\"42\"><text:p>00042</text:p></table:table-cell>\
        <table:table-cell office:value-type=\"date\" office:date-value=\"1985-01-02\"><text:p>85/1/2</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated=\"16380\"/></table:table-row>\
        <table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>";
    let file = zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", xml.as_bytes()),
    ]);
    let content = read("a.ods", &file);
    assert_eq!(tables(&content), "氏名\t00042\t1985-01-02\n");
    assert_eq!(text(&content, Kind::Comment).trim(), "メモ");
    assert_eq!(noted(&content, Oddity::HiddenSheet), 1);
    assert_eq!(noted(&content, Oddity::HiddenRows), 1);
    assert_eq!(noted(&content, Oddity::HiddenColumns), 1);
}

/// A record of a binary workbook.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut out = match kind {
        0..=0x7f => vec![kind as u8],
        _ => vec![kind as u8 | 0x80, (kind >> 7) as u8],
    };
    assert!(data.len() < 128);
    out.push(data.len() as u8);
    out.extend_from_slice(data);
    out
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = u32::try_from(units.len()).unwrap().to_le_bytes().to_vec();
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
    out
}

#[test]
fn binary_workbooks() {
    let bundle = [&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &wide("r1"), &wide("裏")].concat();
    let workbook = record(156, &bundle);
    let strings = record(19, &[&[0][..], &wide("山田太郎")].concat());
    let styles = [
        record(44, &[&200u16.to_le_bytes()[..], &wide("0000")].concat()),
        record(617, &[]),
        record(47, &[0; 16]),
        record(47, &[&[0, 0][..], &200u16.to_le_bytes(), &[0; 12]].concat()),
        record(618, &[]),
    ]
    .concat();
    let mut sheet = record(0, &[&[0; 11][..], &[0x10], &[0; 5]].concat());
    sheet.extend(record(7, &[0; 12]));
    sheet.extend(record(
        2,
        &[&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &(7u32 << 2 | 2).to_le_bytes()].concat(),
    ));
    let file = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.bin", &workbook),
        ("xl/_rels/workbook.bin.rels", b"<R><Relationship Id=\"r1\" Target=\"worksheets/sheet1.bin\"/></R>"),
        ("xl/sharedStrings.bin", &strings),
        ("xl/styles.bin", &styles),
        ("xl/worksheets/sheet1.bin", &sheet),
    ]);
    let content = read("a.xlsb", &file);
    assert_eq!(tables(&content), "山田太郎\t0007\n");
    assert_eq!(noted(&content, Oddity::HiddenSheet), 1);
    assert_eq!(noted(&content, Oddity::HiddenRows), 1);
}

#[test]
fn encrypted_workbooks_old_and_new() {
    use content::{Type, Why};
    let new = compound(&[("/EncryptionInfo", b"\x04\0\x04\0"), ("/EncryptedPackage", &[7; 600])]);
    let content = read("a.xlsx", &new);
    assert_eq!(super::uninspected(&content), [("a.xlsx", &Why::Encrypted)]);
    assert_eq!((content.parts[0].real, content.parts[0].mismatch), (Type::EncryptedOffice, false));
    // BIFF 8 with a FILEPASS record.
    let old = compound(&[("/Workbook", b"\x09\x08\x04\0\0\x06\x05\0\x2f\0\x02\0\0\0")]);
    assert_eq!(super::uninspected(&read("a.xls", &old)), [("a.xls", &Why::Encrypted)]);
}

#[test]
fn separated_values_whatever_they_are_called() {
    let text =
        "会員番号,氏名,住所\r\n00012,\"山田, 太郎\",東京都\r\n00013,佐藤花子,大阪府\r\n00014,鈴木,京都府\r\n";
    let want =
        "会員番号\t氏名\t住所\n00012\t山田, 太郎\t東京都\n00013\t佐藤花子\t大阪府\n00014\t鈴木\t京都府\n";
    let sjis = encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for name in ["a.csv", "a.dat", "a.txt", "a.xls"] {
        for bytes in [text.as_bytes(), &sjis, &utf16] {
            assert_eq!(tables(&read(name, bytes)), want, "{name}");
        }
    }
}
