//! Archives, and archives within them.

use base64::Engine;
use content::{Kind, Limit, Limits, Oddity, Type, Why, extract_file};

use super::{noted, read, tables, text, uninspected};
use crate::support::files::{Sheet, compound, gzip, raw_zip, sheet_data, tar, tnef_attribute, xlsx, zip};

fn names_list() -> Vec<u8> {
    let xml = sheet_data(&[&["氏名", "住所"], &["山田太郎", "東京都"]]);
    xlsx(&[Sheet { name: "表", state: "visible", xml: &xml }], &[])
}

#[test]
fn paths_name_the_way_in() {
    let inner = zip(&[("名簿.xlsx", &names_list())]);
    let content = read("list.zip", &zip(&[("中.zip", &inner), ("readme.txt", "山田".as_bytes())]));
    assert_eq!(content.tables[0].path, "list.zip › 中.zip › 名簿.xlsx");
    assert_eq!(content.texts[0].path, "list.zip › readme.txt");
    let real: Vec<Type> = content.parts.iter().map(|p| p.real).collect();
    assert_eq!(real, [Type::Zip, Type::Zip, Type::Xlsx, Type::Text]);
}

#[test]
fn types_are_told_by_content_and_mismatches_noted() {
    let content = read("写真.jpg", &names_list());
    assert!(tables(&content).contains("山田太郎"));
    assert!(content.parts[0].mismatch);
    // A zip behind a picture.
    let both = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &zip(&[("a.txt", "秘密".as_bytes())])].concat();
    let content = read("写真.png", &both);
    assert_eq!(text(&content, Kind::Attachment), "秘密");
    assert_eq!(noted(&content, Oddity::AppendedData), 1);
}

#[test]
fn encrypted_entries_are_named_and_the_others_read() {
    let file = raw_zip(&[0x96, 0xbc, 0x95, 0xeb, b'.', b'c', b's', b'v'], 1, 99, b"0123456789abcdef");
    let content = read("a.zip", &file);
    assert_eq!(uninspected(&content), [("a.zip › 名簿.csv", &Why::Encrypted)]);
    assert_eq!(content.parts[1].real, Type::Unread);
    let odd = read("a.zip", &raw_zip(b"a.txt", 0, 12, b"BZh"));
    assert_eq!(uninspected(&odd), [("a.zip › a.txt", &Why::Unknown("zip method Bzip2".into()))]);
}

#[test]
fn gzip_and_tar() {
    let archive = tar(&[("名簿.csv", "氏名,住所\n山田,東京\n佐藤,大阪\n".as_bytes()), ("b.txt", b"b")]);
    let content = read("a.tgz", &gzip(&archive));
    assert_eq!(tables(&content), "氏名\t住所\n山田\t東京\n佐藤\t大阪\n");
    assert!(content.texts[0].path.ends_with("› b.txt"));
    let two = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(text(&read("a.txt.gz", &two), Kind::Attachment), "one two");
    let cut = read("a.gz", &gzip(&archive)[..40]);
    assert_eq!(cut.uninspected[0].why, Why::Broken);
}

/// A 7z with one file, `名簿.csv`, packed by LZMA2.
const SEVENZIP: &str = "N3q8ryccAARY0Vk2hQAAAAAAAAAUAAAAAAAAAKYAR6EBACnmsI/lkI0s5L2P5omACuWxseeUsCzmnbHkuqwK5L2Q6JekLOWkp+mYqgoAAQBSAQQGAAEJLgAHCwEAAiEhARgEAwMBAwEADCoqAAgKAVV0GJQAAAUBGQMAAAARDwANVD98LgBjAHMAdgAAABQKAQBgJXwkoHrdARUGAQAggICBAAAAFwYuAQlXAAcLAQABISEBGAxTAAA=";
/// The same behind a password; in the second the names as well.
const SEVENZIP_LOCKED: [&str; 2] = [
    "N3q8ryccAASHOjBtiwAAAAAAAAAUAAAAAAAAAFZXWhImLIcd1196j0aqOuLcFveRukM4VgUVOIcnRsye1sqMrQEAZgEEBgABCSAKAY/ttNwABwsBAAIkBvEHARJTD7jkTdpj07dOE7bCRImAC9MhIQEYAQAMIBwACAoBXuULKwAABQERDwANVD98LgBjAHMAdgAAABQKAQAAd5ckoHrdARUGAQAggICBAAAAFwYgAQlrAAcLAQABISEBGAxnAAA=",
    "N3q8ryccAAREcXcwkAAAAAAAAAAoAAAAAAAAAAqPGGoMXOu6rOj/KrwApxzK4oCU+LluYe7R4IisJUvUw86XqrNaZ/bZ1qTgiiwawT+XuIfog/bzWMRrLk8uOwYX10wQxTAh16yI26QDr2xZvh58C5ipoCzFn/CSAyEe6QgwqUA9F5y5dqsfuVOvS6NCVTwlJLgmN3Mrjupx2kQefegowacATdD4WxwJk56FfWMYu5AXBiABCXAABwsBAAEkBvEHARJTD4K/P5tr/ca4lpqbUO/on1gMZwAA",
];

#[test]
fn sevenzip_open_and_locked() {
    let decode = |t: &str| base64::engine::general_purpose::STANDARD.decode(t).unwrap();
    let content = read("a.7z", &decode(SEVENZIP));
    assert_eq!(tables(&content), "氏名\t住所\n山田\t東京\n佐藤\t大阪\n");
    let locked = read("a.7z", &decode(SEVENZIP_LOCKED[0]));
    assert_eq!(uninspected(&locked), [("a.7z › 名簿.csv", &Why::Encrypted)]);
    let sealed = read("a.7z", &decode(SEVENZIP_LOCKED[1]));
    assert_eq!(uninspected(&sealed), [("a.7z", &Why::Encrypted)]);
}

#[test]
fn what_is_not_read_says_so() {
    for (bytes, why) in [
        (&b"Rar!\x1a\x07\x01\0abc"[..], "RAR archive"),
        (b"\x1f\x00-lh5-\0\0\0\0\0\0", "LZH archive"),
        (b"\xfd7zXZ\0\0", "xz"),
        (b"\x7fELF\x02\x01\x01\0", "program"),
        (b"\x80\x81\x00\x01\x02\x03", "unrecognised binary data"),
    ] {
        let content = read("x", bytes);
        assert_eq!(content.uninspected[0].why, Why::Unknown(why.into()));
    }
    assert_eq!(read("x", b"").uninspected, vec![]);
    assert_eq!(read("x.png", b"\x89PNG\r\n\x1a\n....").uninspected, vec![]);
}

#[test]
fn outlooks_winmail_dat() {
    let mut file = b"\x78\x9f\x3e\x22\x01\x00".to_vec();
    file.extend(tnef_attribute(1, 0x0006_9007, &932u32.to_le_bytes()));
    file.extend(tnef_attribute(1, 0x0002_800c, &encoding_rs::SHIFT_JIS.encode("本文です\0").0));
    file.extend(tnef_attribute(2, 0x0006_9002, &[0; 14]));
    file.extend(tnef_attribute(2, 0x0001_8010, b"MEIBO.XLS\0"));
    file.extend(tnef_attribute(2, 0x0006_800f, &names_list()));
    let name: Vec<u8> = "名簿.xlsx\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut properties = 1u32.to_le_bytes().to_vec();
    properties.extend([0x1f, 0, 0x07, 0x37, 1, 0, 0, 0]);
    properties.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
    properties.extend(&name);
    properties.resize(properties.len().next_multiple_of(4), 0);
    file.extend(tnef_attribute(2, 0x0006_9005, &properties));
    let content = read("winmail.dat", &file);
    assert_eq!(text(&content, Kind::Body), "本文です");
    assert_eq!(content.tables[0].path, "winmail.dat › 名簿.xlsx");
    let cut = read("winmail.dat", &file[..file.len() - 9]);
    assert!(cut.tables.len() == 1 && cut.uninspected[0].why == Why::Broken);
}

#[test]
fn outlooks_message_files() {
    let utf16 = |t: &str| t.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let file = compound(&[
        ("/__properties_version1.0", &[0; 32]),
        ("/__substg1.0_0037001F", &utf16("名簿の件")),
        ("/__substg1.0_1000001F", &utf16("山田です")),
        ("/__recip_version1.0_#00000000/__substg1.0_3003001F", &utf16("sato@example.com")),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", &utf16("名簿.xlsx")),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", &names_list()),
        ("/__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F", &utf16("中の本文")),
    ]);
    let content = read("a.msg", &file);
    assert!(
        text(&content, Kind::Header).contains("名簿の件")
            && text(&content, Kind::Header).contains("sato@example.com")
    );
    assert!(
        text(&content, Kind::Body).contains("山田です") && text(&content, Kind::Body).contains("中の本文")
    );
    assert_eq!(content.tables[0].path, "a.msg › 名簿.xlsx");
}

#[test]
fn limits_are_kept_and_named() {
    let limits = Limits { depth: 1, parts: 4, ..Limits::default() };
    let inner = zip(&[("x.txt", b"deep")]);
    let content = extract_file(Some("a.zip"), None, &zip(&[("b.zip", &inner)]), &limits);
    assert_eq!(uninspected(&content), [("a.zip › b.zip › x.txt", &Why::OverLimit(Limit::Depth))]);
    let many: Vec<String> = (0..9).map(|i| format!("{i}.txt")).collect();
    let entries: Vec<(&str, &[u8])> = many.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    let content = extract_file(Some("a.zip"), None, &zip(&entries), &limits);
    assert_eq!(content.texts.len(), 3);
    assert_eq!(uninspected(&content), [("a.zip › 3.txt", &Why::OverLimit(Limit::Parts))]);
}
