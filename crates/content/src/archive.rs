//! Archives: zip, gzip, 7z, and those that hang behind a picture.

use std::io::Cursor;

use flate2::bufread::GzDecoder;
use sevenz_rust2::{Archive, BlockDecoder, Error, Password};

use super::extraction::{At, Extraction};
use super::package::Package;
use super::types::Type;
use super::{Limit, Oddity, PartInfo, Why, charset};

/// What a 7z decoder may take for its dictionary, in KiB.
const DICTIONARY: usize = 96 * 1024;

/// Reads the files of a zip.
pub fn zip(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut package = Package::open(bytes)?;
    rest(x, at, &mut package);
    Ok(())
}

/// Reads every entry that is not known yet as a file.
pub fn rest(x: &mut Extraction, at: &At, package: &mut Package<'_>) {
    for i in 0..package.entries().len() {
        if x.budget.parts_spent() {
            return;
        }
        let entry = &package.entries()[i];
        if entry.folder || package.is_known(i) {
            continue;
        }
        entry_file(x, at, package, i);
    }
}

/// Reads one entry as a file.
pub fn entry_file(x: &mut Extraction, at: &At, package: &mut Package<'_>, index: usize) {
    let name = package.entries()[index].name.clone();
    match package.read_at(x, index) {
        Ok(data) => x.file(&at.inner(), Some(&name), None, &data),
        Err(why) => unread(x, at, &name, why),
    }
}

/// Names a file of an archive that could not even be unpacked. It is a part all the same.
fn unread(x: &mut Extraction, at: &At, name: &str, why: Why) {
    let at = at.named(name);
    let why = x.budget.part(at.depth + 1).err().unwrap_or(why);
    x.uninspected(&at, why);
    if x.budget.parts_spent() {
        return;
    }
    x.out.parts.push(PartInfo {
        path: at.path,
        name: Some(name.to_string()),
        real: Type::Unread,
        declared: None,
        size: 0,
        mismatch: false,
    });
}

/// Reads a gzip file: one file, or a tar.
pub fn gzip(x: &mut Extraction, at: &At, name: Option<&str>, bytes: &[u8]) -> Result<(), Why> {
    let mut rest = bytes;
    // Members may follow each other (RFC 1952 section 2.2); together they are one file.
    let mut data = Vec::new();
    let mut inner = None;
    while rest.starts_with(b"\x1f\x8b") {
        let mut decoder = GzDecoder::new(rest);
        let member = x.budget.unpack(&mut decoder, rest.len() as u64)?;
        let header = decoder.header();
        inner = inner.or(header.and_then(|h| h.filename()).map(charset::name));
        rest = decoder.into_inner();
        data.extend(member);
        if data.len() as u64 > x.budget.limits.file_bytes {
            return Err(Why::OverLimit(Limit::FileBytes));
        }
    }
    let stem = name.map(|n| {
        let lower = n.to_ascii_lowercase();
        let cut = if lower.ends_with(".gz") { 3 } else { 0 };
        n[..n.len() - cut].to_string()
    });
    let name = inner.or(stem).unwrap_or_else(|| "content".into());
    x.file(&at.inner(), Some(&name), None, &data);
    Ok(())
}

/// Reads the files of a 7z archive.
pub fn sevenzip(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut source = Cursor::new(bytes);
    let password = Password::empty();
    let archive = Archive::read_with_memory_limit(&mut source, &password, DICTIONARY).map_err(failure)?;
    for (i, entry) in archive.files.iter().enumerate() {
        if archive.is_file_encrypted(i) && entry.has_stream {
            unread(x, at, &entry.name, Why::Encrypted);
        }
    }
    for block in 0..archive.blocks.len() {
        let decoder =
            BlockDecoder::new_with_memory_limit(1, DICTIONARY, block, &archive, &password, &mut source);
        if decoder.entries().iter().any(|e| names_encrypted(&archive, e)) {
            continue;
        }
        let names: Vec<String> = decoder.entries().iter().map(|e| e.name.clone()).collect();
        let mut stopped = None;
        let mut done = 0;
        let ended = decoder.for_each_entries(&mut |entry, reader| {
            done += 1;
            if entry.is_directory {
                return Ok(true);
            }
            // Blocks are solid: the whole archive may stand behind one entry.
            match x.budget.unpack(reader, bytes.len() as u64) {
                Ok(data) => {
                    x.file(&at.inner(), Some(&entry.name), None, &data);
                    Ok(!x.budget.parts_spent())
                }
                Err(why) => {
                    stopped = Some(why);
                    done -= 1;
                    Ok(false)
                }
            }
        });
        let why = stopped.or_else(|| ended.err().map(failure));
        if let Some(why) = why {
            for name in names.iter().skip(done) {
                unread(x, at, name, why.clone());
            }
        }
    }
    Ok(())
}

fn names_encrypted(archive: &Archive, entry: &sevenz_rust2::ArchiveEntry) -> bool {
    let index = archive.files.iter().position(|f| std::ptr::eq(f, entry));
    index.is_some_and(|i| archive.is_file_encrypted(i))
}

fn failure(error: Error) -> Why {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Why::Encrypted,
        // The names themselves are behind the cipher.
        Error::UnsupportedCompressionMethod(m) if m.contains("AES") => Why::Encrypted,
        Error::UnsupportedCompressionMethod(m) => Why::Unknown(format!("7z method {m}")),
        Error::MaxMemLimited { .. } => Why::OverLimit(Limit::FileBytes),
        _ => Why::Broken,
    }
}

/// Looks behind a picture: a zip's directory stands at its end, so a zip can follow any file.
pub fn appended(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let from = bytes.len().saturating_sub(66_000);
    let tail = &bytes[from..];
    if memchr::memmem::rfind(tail, b"PK\x05\x06").is_none() {
        return Ok(());
    }
    let Ok(mut package) = Package::open(bytes) else {
        return Ok(());
    };
    if package.entries().is_empty() {
        return Ok(());
    }
    x.note(at, Oddity::AppendedData, 1);
    match super::package::refine(Type::Zip, bytes) {
        Type::Zip => rest(x, at, &mut package),
        Type::Odf => super::odf::file(x, at, bytes)?,
        _ => super::ooxml::file(x, at, bytes)?,
    }
    Ok(())
}
