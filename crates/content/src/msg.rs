//! Outlook's own message files ([MS-OXMSG]): properties in streams, recipients and attachments in
//! storages.

use std::path::{Path, PathBuf};

use encoding_rs::UTF_16LE;

use super::extraction::{At, Extraction};
use super::ole::{Compound, base};
use super::plain::{self, Flow};
use super::{Kind, Why, charset, html, rtf, rtf_packed};

/// Reads a message file, those attached to it as well.
pub fn file(x: &mut Extraction, at: &At, compound: &mut Compound<'_>) -> Result<(), Why> {
    storage(x, at, compound, Path::new("/"))
}

fn storage(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, root: &Path) -> Result<(), Why> {
    let mut header = String::new();
    // Subject, sender, the lists of recipients as shown, the header as it came.
    for id in ["0037", "0C1A", "0C1F", "0E04", "0E03", "0E02", "007D"] {
        if let Some(text) = property(x, compound, root, id)? {
            header.push_str(&text);
            header.push('\n');
        }
    }
    for folder in folders(compound, root, "__recip_version1.0_") {
        for id in ["3001", "3003", "39FE"] {
            if let Some(text) = property(x, compound, &folder, id)? {
                header.push_str(&text);
                header.push(' ');
            }
        }
        header.push('\n');
    }
    x.text(&at.named("header"), Kind::Header, header)?;
    let body = at.named("body");
    if let Some(text) = property(x, compound, root, "1000")? {
        plain::body(x, &body, &text, Flow::default())?;
    }
    if let Some(page) = compound.read(x, &root.join("__substg1.0_10130102"))? {
        html::body(x, &body, &page, None)?;
    }
    if let Some(packed) = compound.read(x, &root.join("__substg1.0_10090102"))? {
        let text = rtf_packed::decompress(&packed, x.budget.limits.file_bytes).ok_or(Why::Broken)?;
        x.budget.bytes(text.len())?;
        rtf::file(x, &body, &text)?;
    }
    for folder in folders(compound, root, "__attach_version1.0_") {
        x.guarded(at, |x| attachment(x, at, compound, &folder));
        if x.budget.parts_spent() {
            break;
        }
    }
    Ok(())
}

fn attachment(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, folder: &Path) -> Result<(), Why> {
    let mut name = None;
    for id in ["3707", "3704", "3001"] {
        name = match name {
            None => property(x, compound, folder, id)?,
            known => known,
        };
    }
    let declared = property(x, compound, folder, "370E")?;
    if let Some(data) = compound.read(x, &folder.join("__substg1.0_37010102"))? {
        x.file(&at.inner(), name.as_deref(), declared.as_deref(), &data);
        return Ok(());
    }
    // A message within, as a storage of the same form.
    let inner = folder.join("__substg1.0_3701000D");
    if compound.streams.iter().any(|s| s.starts_with(&inner)) {
        let at = at.named(name.as_deref().unwrap_or("message")).inner();
        x.budget.part(at.depth)?;
        return storage(x, &at, compound, &inner);
    }
    Ok(())
}

/// A text property: in UTF-16, or in some code page.
fn property(
    x: &mut Extraction,
    compound: &mut Compound<'_>,
    folder: &Path,
    id: &str,
) -> Result<Option<String>, Why> {
    if let Some(bytes) = compound.read(x, &folder.join(format!("__substg1.0_{id}001F")))? {
        return Ok(Some(UTF_16LE.decode_without_bom_handling(&bytes).0.into_owned()));
    }
    let bytes = compound.read(x, &folder.join(format!("__substg1.0_{id}001E")))?;
    Ok(bytes.map(|b| charset::decode(&b, None).into_owned()))
}

/// The storages right within `root` whose names begin so.
fn folders(compound: &Compound<'_>, root: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = compound
        .streams
        .iter()
        .filter_map(|s| s.parent())
        .filter(|f| f.parent() == Some(root) && base(f).starts_with(prefix))
        .map(Path::to_path_buf)
        .collect();
    // Deeper storages have no stream of their own here: their parents are found by the path.
    for stream in &compound.streams {
        let within = stream.ancestors().find(|a| a.parent() == Some(root));
        found.extend(within.filter(|a| *a != stream && base(a).starts_with(prefix)).map(Path::to_path_buf));
    }
    found.sort();
    found.dedup();
    found
}
