//! Small real files made by hand: mails, archives, office documents and PDFs with known content.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A zip of named files.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, data) in entries {
        writer.start_file(*name, options).expect("a zip in memory");
        writer.write_all(data).expect("a zip in memory");
    }
    writer.finish().expect("a zip in memory").into_inner()
}

/// A zip with one stored file, with this name in raw bytes, these general flags and this method.
pub fn raw_zip(name: &[u8], flags: u16, method: u16, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len()).expect("small").to_le_bytes();
    let crc = crc32(data).to_le_bytes();
    let length = u16::try_from(name.len()).expect("short").to_le_bytes();
    let common = [
        &20u16.to_le_bytes()[..],
        &flags.to_le_bytes(),
        &method.to_le_bytes(),
        &[0; 4],
        &crc,
        &size,
        &size,
        &length,
        &[0; 2],
    ]
    .concat();
    let local = [b"PK\x03\x04", &common[..], name, data].concat();
    let central = [b"PK\x01\x02", &20u16.to_le_bytes()[..], &common, &[0; 14], name].concat();
    let ends = [u32::try_from(central.len()), u32::try_from(local.len())];
    let [size, offset] = ends.map(|n| n.expect("small").to_le_bytes());
    let end = [b"PK\x05\x06", &[0; 4][..], &[1, 0, 1, 0], &size, &offset, &[0, 0]].concat();
    [local, central, end].concat()
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}

pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(data).expect("gzip in memory");
    writer.finish().expect("gzip in memory")
}

/// A tar of named files (ustar).
pub fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in entries {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A sheet of a workbook: its name, its state (`visible`, `hidden`), and its XML between
/// `<worksheet>` tags.
pub struct Sheet<'a> {
    pub name: &'a str,
    pub state: &'a str,
    pub xml: &'a str,
}

/// A workbook with these sheets and more parts.
pub fn xlsx(sheets: &[Sheet<'_>], more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut list = String::new();
    let mut relations = String::new();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (i, sheet) in sheets.iter().enumerate() {
        let Sheet { name, state, xml } = sheet;
        list.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{i}\" state=\"{state}\" r:id=\"r{i}\"/>"));
        relations.push_str(&format!("<Relationship Id=\"r{i}\" Target=\"worksheets/sheet{i}.xml\"/>"));
        parts.push((
            format!("xl/worksheets/sheet{i}.xml"),
            format!("<worksheet>{xml}</worksheet>").into_bytes(),
        ));
    }
    parts.push((
        "xl/workbook.xml".into(),
        format!("<workbook><sheets>{list}</sheets></workbook>").into_bytes(),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".into(),
        format!("<Relationships>{relations}</Relationships>").into_bytes(),
    ));
    parts.extend(more.iter().map(|(n, d)| (n.to_string(), d.to_vec())));
    let mut entries: Vec<(&str, &[u8])> = vec![("[Content_Types].xml", b"<Types/>")];
    entries.extend(parts.iter().map(|(n, d)| (n.as_str(), d.as_slice())));
    zip(&entries)
}

/// Rows of texts as the XML of a sheet.
pub fn sheet_data(rows: &[&[&str]]) -> String {
    let mut out = String::from("<sheetData>");
    for row in rows {
        out.push_str("<row>");
        for cell in *row {
            out.push_str(&format!("<c t=\"inlineStr\"><is><t>{cell}</t></is></c>"));
        }
        out.push_str("</row>");
    }
    out + "</sheetData>"
}

/// A docx with this body and more parts.
pub fn docx(body: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let document = format!("<?xml version=\"1.0\"?><w:document><w:body>{body}</w:body></w:document>");
    let mut entries: Vec<(&str, &[u8])> =
        vec![("[Content_Types].xml", b"<Types/>"), ("word/document.xml", document.as_bytes())];
    entries.extend(more);
    zip(&entries)
}

/// A PDF of one page: its resources (the entries of the dictionary), its content stream, and
/// further numbered objects from 10 on.
pub fn pdf(resources: &str, content: &[u8], more: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << {resources} >> >>"
    );
    let mut objects: Vec<(u32, Vec<u8>)> = vec![
        (1, b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()),
        (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec()),
        (3, page.into_bytes()),
        (4, stream("", content)),
    ];
    objects.extend(more.iter().cloned());
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in &objects {
        places.push((*number, out.len()));
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend_from_slice(body);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    out.extend(b"xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in places {
        out.extend(format!("{number} 1\n{place:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer\n<< /Root 1 0 R /Size 100 >>\nstartxref\n{table}\n%%EOF\n").bytes());
    out
}

/// A PDF stream with these entries in its dictionary.
pub fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< {entries} /Length {} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// Data in zlib's form, as Flate has it.
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(data).expect("zlib in memory");
    writer.finish().expect("zlib in memory")
}

/// A compound file with these streams, whose folders are made.
pub fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file in memory");
    for (path, data) in streams {
        if let Some(folder) = std::path::Path::new(path).parent() {
            file.create_storage_all(folder).expect("a storage");
        }
        file.create_stream(path).expect("a stream").write_all(data).expect("a stream");
    }
    file.flush().expect("a compound file in memory");
    file.into_inner().into_inner()
}

/// One attribute of TNEF.
pub fn tnef_attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len()).expect("small").to_le_bytes();
    let sum = data.iter().fold(0u16, |s, b| s.wrapping_add(u16::from(*b))).to_le_bytes();
    [&[level][..], &id.to_le_bytes(), &size, data, &sum].concat()
}

/// A message of several parts: each its header and its body, already encoded.
pub fn multipart(subtype: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = format!(
        "From: a@example.jp\r\nTo: b@example.com\r\nSubject: test\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/{subtype}; boundary=\"=b\"\r\n\r\n"
    )
    .into_bytes();
    for (header, body) in parts {
        out.extend(format!("--=b\r\n{header}\r\n\r\n").bytes());
        out.extend_from_slice(body);
        out.extend(b"\r\n");
    }
    out.extend(b"--=b--\r\n");
    out
}

/// Base64 in lines of 76.
pub fn base64(data: &[u8]) -> Vec<u8> {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(data);
    text.as_bytes().chunks(76).flat_map(|l| [l, b"\r\n"].concat()).collect()
}
