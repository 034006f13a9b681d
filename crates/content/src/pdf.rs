//! PDF (ISO 32000-1): the text of its pages in the order in which it is drawn, comments, form
//! fields, links and attached files.

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as PdfString};
use hayro_syntax::{LoadPdfError, Pdf};
use memchr::memmem;

use super::extraction::{At, Extraction};
use super::pdf_page::Reading;
use super::{Kind, Limit, Oddity, Why, pdf_guard};

/// What a stream in a filter other than Flate may have packed: they are small where they occur.
const OTHER_FILTERS: usize = 64 * 1024;

/// Reads a PDF.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    pdf_guard::check(x, bytes)?;
    let pdf = Pdf::new(bytes.to_vec()).map_err(|e| match e {
        LoadPdfError::Decryption(_) => Why::Encrypted,
        // Damaged or made in an unknown way, but locked in any case.
        LoadPdfError::Invalid if memmem::find(bytes, b"/Encrypt").is_some() => Why::Encrypted,
        LoadPdfError::Invalid => Why::Broken,
    })?;
    let mut reading = Reading::default();
    let mut ended = Ok(());
    for page in pdf.pages().iter() {
        reading.end_line();
        ended = reading.page(x, page.raw(), page.resources());
        if ended.is_err() {
            break;
        }
    }
    properties(x, at, &pdf)?;
    around(x, at, &pdf)?;
    x.note(at, Oddity::InvisibleText, reading.invisible);
    x.note(at, Oddity::HiddenText, reading.white);
    x.note(at, Oddity::UndecodableText, reading.undecodable);
    x.note(at, Oddity::Comments, usize::from(!reading.comments.is_empty()));
    let (shown, lost) = (reading.decoded, reading.undecodable);
    x.text(at, Kind::Comment, reading.comments)?;
    x.text(at, Kind::Attachment, reading.out)?;
    ended?;
    // A page without words is a picture of them, unless there is nothing on it at all.
    if reading.wordless_pages > 0 || lost > 20 && lost * 5 > shown {
        return Err(Why::NoText);
    }
    Ok(())
}

/// The names of a stream's filters, short or long (section 7.4, 8.9.7).
fn filters(dict: &Dict<'_>) -> Vec<Vec<u8>> {
    for key in [&b"F"[..], b"Filter"] {
        if let Some(one) = dict.get::<Name<'_>>(key) {
            return vec![one.as_ref().to_vec()];
        }
    }
    let list = dict.get::<Array<'_>>(b"F").or_else(|| dict.get::<Array<'_>>(b"Filter"));
    list.iter().flat_map(|l| l.iter::<Name<'_>>()).map(|n| n.as_ref().to_vec()).take(16).collect()
}

/// Unpacks a stream within the limits, as far as it goes.
pub fn decode(x: &mut Extraction, stream: &Stream<'_>) -> Result<Vec<u8>, Why> {
    let filters = filters(stream.dict());
    let raw = stream.raw_data();
    let flate = |f: &Vec<u8>| matches!(f.as_slice(), b"FlateDecode" | b"Fl");
    let predicted = stream.dict().contains_key(b"DecodeParms") || stream.dict().contains_key(b"DP");
    if filters.is_empty() {
        x.budget.bytes(raw.len())?;
        return Ok(raw.into_owned());
    }
    if filters.len() == 1 && flate(&filters[0]) && !predicted {
        let packed = raw.len() as u64;
        let data = x.budget.unpack_some(ZlibDecoder::new(&raw[..]), packed)?;
        if data.is_empty() && !raw.is_empty() {
            return x.budget.unpack_some(DeflateDecoder::new(&raw[..]), packed);
        }
        return Ok(data);
    }
    // The parser unpacks these without limit: only what cannot grow far is handed to it.
    let growing =
        |f: &&Vec<u8>| flate(f) || matches!(f.as_slice(), b"LZWDecode" | b"LZW" | b"RunLengthDecode" | b"RL");
    let count = filters.iter().filter(growing).count();
    if count > 1 || count == 1 && raw.len() > OTHER_FILTERS {
        return Err(Why::OverLimit(Limit::Ratio));
    }
    let data = stream.decoded_data().map_err(|_| Why::Broken)?.into_owned();
    x.budget.bytes(data.len())?;
    Ok(data)
}

/// A text string (section 7.9.2.2): UTF-16 or UTF-8 by its mark, else nearly Latin-1.
pub fn text_string(bytes: &[u8]) -> String {
    super::charset::decode(bytes, Some("windows-1252")).into_owned()
}

fn properties(x: &mut Extraction, at: &At, pdf: &Pdf) -> Result<(), Why> {
    let data = pdf.metadata();
    let mut text = String::new();
    for value in [&data.title, &data.author, &data.subject, &data.keywords].into_iter().flatten() {
        text.push_str(&text_string(value));
        text.push('\n');
    }
    x.text(at, Kind::Property, text)
}

/// What stands in no page: attached files, and the targets of links wherever they are.
fn around(x: &mut Extraction, at: &At, pdf: &Pdf) -> Result<(), Why> {
    for object in pdf.objects() {
        x.budget.time()?;
        let Object::Dict(dict) = object else { continue };
        let action = dict.get::<Dict<'_>>(b"A");
        let target = action.and_then(|a| a.get::<PdfString<'_>>(b"URI"));
        if let Some(url) = target.or_else(|| dict.get::<PdfString<'_>>(b"URI")) {
            x.link(at, &text_string(url.as_bytes()))?;
        }
        let Some(embedded) = dict.get::<Dict<'_>>(b"EF") else {
            continue;
        };
        let name = dict.get::<PdfString<'_>>(b"UF").or_else(|| dict.get::<PdfString<'_>>(b"F"));
        let name = name.map(|n| text_string(n.as_bytes()));
        if let Some(stream) = embedded.get::<Stream<'_>>(b"F").or_else(|| embedded.get::<Stream<'_>>(b"UF")) {
            let data = decode(x, &stream)?;
            x.note(at, Oddity::EmbeddedObject, 1);
            x.file(&at.inner(), name.as_deref(), None, &data);
        }
    }
    Ok(())
}
