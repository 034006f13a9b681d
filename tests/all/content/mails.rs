//! Bodies in every charset and form, and messages within messages.

use content::{Kind, Oddity, Type, Why};

use super::{noted, read_mail, tables, text, uninspected};
use crate::support::files::{base64, multipart, zip};

const WORDS: &str = "山田太郎様\r\n電話 03-1234-5678\r\n";

fn mail(header: &str, body: &[u8]) -> Vec<u8> {
    [format!("From: a@example.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\n{header}\r\n\r\n").as_bytes(), body]
        .concat()
}

#[test]
fn bodies_in_their_charsets_and_in_wrong_ones() {
    for charset in ["iso-2022-jp", "shift_jis", "euc-jp", "utf-8"] {
        let bytes =
            encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap().encode(WORDS).0.into_owned();
        for label in [charset, "utf-8", "us-ascii", "iso-8859-1", "x-unknown"] {
            let header =
                format!("Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: base64");
            let content = read_mail(&mail(&header, &base64(&bytes)));
            assert_eq!(
                text(&content, Kind::Body).trim(),
                WORDS.trim().replace('\r', ""),
                "{charset} as {label}"
            );
        }
    }
    let bare = read_mail(&mail("X-A: b", &encoding_rs::SHIFT_JIS.encode(WORDS).0));
    assert!(text(&bare, Kind::Body).contains("山田太郎"));
    let quoted = mail(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable",
        b"=E5=B1=B1=\r\n=E7=94=B0",
    );
    assert_eq!(text(&read_mail(&quoted), Kind::Body), "山田");
}

#[test]
fn what_stands_around_the_parts_is_read_as_hidden() {
    let parts = "--=b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n本文\r\n--=b--\r\n";
    let around = |before: &str, behind: &str| {
        let body = format!("{before}{parts}{behind}");
        read_mail(&mail("Content-Type: multipart/mixed; boundary=\"=b\"", body.as_bytes()))
    };
    let content = around("山田太郎 090-1234-5678\r\n", "4111 1111 1111 1111\r\n");
    let hidden = content.texts.iter().filter(|t| t.kind == Kind::Hidden);
    let seen: Vec<(&str, &str)> = hidden.map(|t| (t.path.as_str(), t.text.trim())).collect();
    assert_eq!(seen, [("preamble", "山田太郎 090-1234-5678"), ("epilogue", "4111 1111 1111 1111")]);
    assert_eq!(text(&content, Kind::Body).trim(), "本文");
    for before in ["", "\r\n", "This is a multi-part message in MIME format.\r\n"] {
        let content = around(before, "\r\n");
        assert!(content.texts.iter().all(|t| t.kind != Kind::Hidden), "{before}: {:?}", content.texts);
    }
}

#[test]
fn flowed_text_and_quotes() {
    let header = "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes";
    let body = "東京都 \r\n千代田区\r\n> 引用 \r\n> です\r\n";
    let content = read_mail(&mail(header, body.as_bytes()));
    assert_eq!(text(&content, Kind::Body).trim(), "東京都千代田区");
    assert_eq!(text(&content, Kind::Quoted).trim(), "引用です");
}

#[test]
fn a_file_name_over_several_lines_has_no_joints() {
    let name = "filename=\"=?utf-8?B?5ZCN57C/?=\r\n =?utf-8?B?5LiA6KanLnR4dA==?=\"";
    let header = format!("Content-Type: text/plain\r\nContent-Disposition: attachment;\r\n {name}");
    let content = read_mail(&mail(&header, b"x\r\n"));
    assert_eq!(content.parts.last().and_then(|p| p.name.as_deref()), Some("名簿一覧.txt"));
    let whole = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"a b.txt\"";
    let content = read_mail(&mail(whole, b"x\r\n"));
    assert_eq!(content.parts.last().and_then(|p| p.name.as_deref()), Some("a b.txt"));
}

#[test]
fn pages_are_flattened_as_a_reader_sees_them() {
    let page = "<html><head><title>題</title><style>.x{display:none}</style><script>var a='秘'</script></head><body>\
        <p>山田&nbsp;太郎 &#x69d8;<br>次の行</p><!-- 注釈 --><span class=\"x\">隠れ</span><font color=\"#ffffff\">白字</font>\
        <div style=\"font-size:0\">零<span style=\"font-size:12px\">見</span></div><p hidden>属性</p>\
        <table><tr><th>氏名</th><th>電話</th></tr><tr><td>佐藤</td><td>0312345678</td></tr></table>\
        <table><tr><td><table><tr><td>配置</td></tr></table></td></tr></table>\
        <a href=\"https://example.com/form?a=1&amp;b=2\">こちら</a><blockquote type=\"cite\">引用文</blockquote>\
        <ul><li>一<li>二</ul></body></html>";
    let content = read_mail(&mail("Content-Type: text/html; charset=utf-8", page.as_bytes()));
    let body = text(&content, Kind::Body);
    for seen in ["山田 太郎 様\n次の行", "見", "配置", "こちら", "・一\n・二"] {
        assert!(body.contains(seen), "{seen}: {body}");
    }
    for unseen in ["秘", "注釈", "隠れ", "白字", "零", "属性", "引用文", "display"] {
        assert!(!body.contains(unseen), "{unseen}: {body}");
    }
    let hidden = text(&content, Kind::Hidden);
    assert!(["隠れ", "白字", "零", "属性"].iter().all(|w| hidden.contains(w)), "{hidden}");
    assert_eq!(noted(&content, Oddity::HiddenText), 4);
    assert_eq!(tables(&content), "氏名\t電話\n佐藤\t0312345678\n");
    assert_eq!(text(&content, Kind::Quoted).trim(), "引用文");
    assert_eq!(text(&content, Kind::Property).trim(), "題");
    assert_eq!(content.links[0].url, "https://example.com/form?a=1&b=2");
}

#[test]
fn spans_keep_columns_in_step() {
    let page = "<table><tr><td colspan=2>連絡先</td><td>C</td></tr><tr><td rowspan=2>営業</td><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>";
    let content = read_mail(&mail("Content-Type: text/html; charset=utf-8", page.as_bytes()));
    assert_eq!(tables(&content), "連絡先\t\tC\n営業\tb\tc\n\td\te\n");
}

#[test]
fn an_alternative_that_says_the_same_is_read_once() {
    let plain = ("Content-Type: text/plain; charset=utf-8", "山田 太郎\r\n03-1234-5678\r\n".as_bytes());
    let page =
        ("Content-Type: text/html; charset=utf-8", "<p><b>山田</b> 太郎<br>03-1234-5678</p>".as_bytes());
    let content = read_mail(&multipart("alternative", &[plain, page]));
    assert_eq!(text(&content, Kind::Body).matches("1234").count(), 1);
    let other = ("Content-Type: text/plain; charset=utf-8", "佐藤花子 090-1111-2222".as_bytes());
    let content = read_mail(&multipart("alternative", &[other, page]));
    let body = text(&content, Kind::Body);
    assert!(body.contains("佐藤花子") && body.contains("山田"));
}

#[test]
fn attached_messages_with_who_they_went_to() {
    let inner = "From: c@example.net\r\nTo: =?utf-8?B?5bGx55Sw?= <d@example.org>, e@example.org\r\nSubject: list\r\n\r\n内側の本文\r\n";
    let part = ("Content-Type: message/rfc822", inner.as_bytes());
    let content = read_mail(&multipart("mixed", &[("Content-Type: text/plain", b"see below"), part]));
    let header = text(&content, Kind::Header);
    assert!(header.contains("山田 <d@example.org>") && header.contains("e@example.org"), "{header}");
    let inside = content.texts.iter().find(|t| t.text.contains("内側")).unwrap();
    assert_eq!(inside.path, "list › body");
    assert_eq!(content.parts[0].real, Type::Mail);
    // The same as a file in a zip.
    let eml = format!("Date: x\r\nMessage-ID: <a@b>\r\n{inner}");
    let zipped = base64(&zip(&[("転送.eml", eml.as_bytes())]));
    let part = (
        "Content-Type: application/zip; name=\"=?utf-8?B?5LiA6Kanem lw?=\"\r\nContent-Transfer-Encoding: base64",
        &zipped[..],
    );
    let content = read_mail(&multipart("mixed", &[part]));
    assert!(content.texts.iter().any(|t| t.path.ends_with("転送.eml › body") && t.text.contains("内側")));
}

#[test]
fn parts_that_cannot_be_whole_or_open() {
    for kind in ["message/partial; id=\"a\"; number=1", "message/external-body; access-type=ftp"] {
        let content = read_mail(&multipart(
            "mixed",
            &[(&format!("Content-Type: {kind}"), b"From: x@example.jp\r\n\r\nx")],
        ));
        assert_eq!(content.uninspected[0].why, Why::Partial, "{kind}");
    }
    let sealed = b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----\r\n";
    let content = read_mail(&multipart("encrypted", &[("Content-Type: application/octet-stream", sealed)]));
    assert_eq!(content.uninspected[0].why, Why::Encrypted);
    let content = read_mail(&mail("Content-Type: text/plain", sealed));
    assert_eq!(uninspected(&content), [("body", &Why::Encrypted)]);
    let envelope = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\0\0";
    let header = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64";
    let content = read_mail(&mail(header, &base64(envelope)));
    assert_eq!(uninspected(&content), [("smime.p7m", &Why::Encrypted)]);
}

#[test]
fn signed_and_uuencoded_content_is_read() {
    let inner = "Content-Type: text/plain; charset=utf-8\r\n\r\n山田太郎";
    let length = u8::try_from(inner.len()).unwrap();
    let mut data = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0".to_vec();
    data.extend([length + 2, 4, length]);
    data.extend(inner.bytes());
    let header = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64";
    let content = read_mail(&mail(header, &base64(&data)));
    assert_eq!(text(&content, Kind::Body), "山田太郎");
    let content = read_mail(&mail(
        "Content-Type: text/plain",
        b"hello\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\nbye\r\n",
    ));
    assert_eq!(text(&content, Kind::Attachment), "Cat");
    assert_eq!(text(&content, Kind::Body).replace('\n', " ").trim(), "hello bye");
}
