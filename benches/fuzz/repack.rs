//! Changes within: what is packed is unpacked, changed and packed again, so that readers get past
//! checksums and compression to what is broken.

use std::io::{Cursor, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::dice::Dice;
use super::files;
use super::mutate::{self, LARGEST};

/// Nothing larger is unpacked: the fuzzer is not to be bombed itself.
const UNPACKED: u64 = 1 << 20;

/// Changes an input, mostly within its form where it has one.
pub fn mutate(dice: &mut Dice, input: &[u8], other: &[u8], depth: u32) -> Vec<u8> {
    if depth > 4 || dice.once_in(6) {
        return mutate::bytes(dice, input, other);
    }
    let within = match input {
        [b'P', b'K', 3, 4, ..] => zip(dice, input, other, depth),
        [0x1f, 0x8b, ..] => gzip(dice, input, other, depth),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => compound(dice, input, other),
        [b'%', b'P', b'D', b'F', ..] => pdf(dice, input, other),
        [b'7', b'z', 0xbc, 0xaf, ..] => sevenzip(dice, input, other),
        [0x78, 0x9f, 0x3e, 0x22, ..] => tnef(dice, input, other, depth),
        _ if input.get(257..262) == Some(b"ustar") => tar(dice, input, other, depth),
        _ => mime(dice, input, other, depth),
    };
    within.unwrap_or_else(|| mutate::bytes(dice, input, other))
}

/// Changes what is packed.
fn inner(dice: &mut Dice, data: &[u8], other: &[u8], depth: u32) -> Vec<u8> {
    mutate(dice, data, other, depth + 1)
}

fn zip(dice: &mut Dice, input: &[u8], other: &[u8], depth: u32) -> Option<Vec<u8>> {
    let mut members = unzip(input)?;
    let others = unzip(other).unwrap_or_default();
    for _ in 0..=dice.below(3) {
        let at = dice.below(members.len());
        let donor = others.get(dice.below(others.len())).map_or(other, |o| o.1.as_slice());
        match dice.below(12) {
            0 => drop(members.swap_remove(at)),
            1 => members.push(members.get(at)?.clone()),
            2 => members.extend(others.get(dice.below(others.len())).cloned()),
            3 => {
                let name = mutate::bytes(dice, members.get(at)?.0.as_bytes(), b"../");
                members.get_mut(at)?.0 = String::from_utf8_lossy(&name).chars().take(200).collect();
            }
            _ => {
                let member = members.get_mut(at)?;
                member.1 = inner(dice, &member.1, donor, depth);
            }
        }
        if members.is_empty() {
            return None;
        }
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let method = if dice.once_in(3) { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, data) in members {
        // Two of one name are refused; the second stays out.
        if writer.start_file(name, options).is_ok() {
            writer.write_all(&data).ok()?;
        }
    }
    let packed = writer.finish().ok()?.into_inner();
    Some(if dice.once_in(8) { mutate::bytes(dice, &packed, other) } else { packed })
}

/// The members of a zip, as far as they can be read: name and data.
pub fn unzip(input: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(input)).ok()?;
    let mut members = Vec::new();
    for i in 0..archive.len().min(60) {
        let Ok(member) = archive.by_index(i) else {
            continue;
        };
        let (Ok(name), mut data) = (member.name().map(|n| n.into_owned()), Vec::new()) else {
            continue;
        };
        if member.take(UNPACKED).read_to_end(&mut data).is_ok() {
            members.push((name, data));
        }
    }
    (!members.is_empty()).then_some(members)
}

fn gzip(dice: &mut Dice, input: &[u8], other: &[u8], depth: u32) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    flate2::read::GzDecoder::new(input).take(UNPACKED).read_to_end(&mut data).ok()?;
    Some(files::gzip(&inner(dice, &data, other, depth)))
}

fn tar(dice: &mut Dice, input: &[u8], other: &[u8], depth: u32) -> Option<Vec<u8>> {
    let mut out = input.to_vec();
    let size = octal(input.get(124..136)?)?.min(input.len() - 512);
    if dice.once_in(2) {
        let data = mutate(dice, &input[512..512 + size], other, depth + 1);
        let rest = (512 + size.next_multiple_of(512)).min(input.len());
        out.truncate(512);
        out[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        out.extend_from_slice(&data);
        out.resize(out.len().next_multiple_of(512), 0);
        out.extend_from_slice(&input[rest..]);
    } else {
        let header = mutate::bytes(dice, &input[..512], other);
        let length = header.len().min(512);
        out[..length].copy_from_slice(&header[..length]);
    }
    out[148..156].fill(b' ');
    let sum: u32 = out[..512].iter().map(|b| u32::from(*b)).sum();
    out[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    Some(out)
}

fn octal(field: &[u8]) -> Option<usize> {
    let text = str::from_utf8(field).ok()?;
    usize::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
}

fn compound(dice: &mut Dice, input: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let mut file = cfb::CompoundFile::open(Cursor::new(input.to_vec())).ok()?;
    let mut streams: Vec<_> = file.walk().filter(|e| e.is_stream()).map(|e| e.path().to_path_buf()).collect();
    streams.sort();
    let path = streams.get(dice.below(streams.len()))?.clone();
    let mut data = Vec::new();
    file.open_stream(&path).ok()?.take(UNPACKED).read_to_end(&mut data).ok()?;
    let data = if dice.once_in(3) { records(dice, &data) } else { None }
        .unwrap_or_else(|| mutate::bytes(dice, &data, other));
    file.create_stream(&path).ok()?.write_all(&data).ok()?;
    file.flush().ok()?;
    Some(file.into_inner().into_inner())
}

/// Changes one record of a stream of them (type, length, data, each number of two bytes), as workbooks
/// have.
fn records(dice: &mut Dice, data: &[u8]) -> Option<Vec<u8>> {
    let (mut starts, mut at) = (Vec::new(), 0);
    while let Some(head) = data.get(at..at + 4) {
        starts.push(at);
        at += 4 + usize::from(u16::from_le_bytes([head[2], head[3]]));
    }
    let at = *starts.get(dice.below(starts.len()))?;
    let size = usize::from(u16::from_le_bytes([*data.get(at + 2)?, *data.get(at + 3)?]));
    let end = (at + 4 + size).min(data.len());
    let changed = mutate::bytes(dice, &data[at + 4..end], &[]);
    let changed = &changed[..changed.len().min(0xffff)];
    let size = u16::try_from(changed.len()).ok()?;
    Some([&data[..at + 2], &size.to_le_bytes(), changed, &data[end..]].concat())
}

/// Changes what is within a stream, or what is around it.
fn pdf(dice: &mut Dice, input: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let streams: Vec<usize> = memchr::memmem::find_iter(input, b"stream").collect();
    let at = *streams.get(dice.below(streams.len()))?;
    let mut start = at + b"stream".len();
    while matches!(input.get(start), Some(b'\r' | b'\n')) {
        start += 1;
    }
    let end = start + memchr::memmem::find(input.get(start..)?, b"endstream")?;
    let mut data = Vec::new();
    let packed = flate2::read::ZlibDecoder::new(&input[start..end]).take(UNPACKED).read_to_end(&mut data);
    let new = if packed.is_ok() && !data.is_empty() {
        files::zlib(&inner(dice, &data, other, 4))
    } else {
        mutate::bytes(dice, &input[start..end], other)
    };
    // The length before it is made to fit, where it stands right there.
    let dictionary = memchr::memmem::rfind(&input[..at], b"<<")?;
    let mut head = input[..at].to_vec();
    if let Some(length) = memchr::memmem::find(&input[dictionary..at], b"/Length ") {
        let from = dictionary + length + b"/Length ".len();
        let to = from + input[from..at].iter().take_while(|b| b.is_ascii_digit()).count();
        head.splice(from..to, new.len().to_string().bytes());
    }
    Some([&head[..], b"stream\n", &new, b"\n", &input[end..]].concat())
}

/// The header of a 7z is behind checksums, which are made to fit.
fn sevenzip(dice: &mut Dice, input: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    let mut out = input.to_vec();
    let number = |at: usize| Some(u64::from_le_bytes(input.get(at..at + 8)?.try_into().ok()?));
    let from = 32 + usize::try_from(number(12)?).ok()?;
    let to = from.checked_add(usize::try_from(number(20)?).ok()?)?;
    let header = mutate::bytes(dice, input.get(from..to)?, other);
    if dice.once_in(4) {
        let place = dice.below(from - 32);
        *out.get_mut(32 + place)? = dice.next() as u8;
    }
    out.splice(from..to, header.iter().copied());
    out[20..28].copy_from_slice(&(header.len() as u64).to_le_bytes());
    out[28..32].copy_from_slice(&crc(&header));
    let start = crc(&out[12..32]);
    out[8..12].copy_from_slice(&start);
    Some(out)
}

fn crc(data: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum().to_le_bytes()
}

fn tnef(dice: &mut Dice, input: &[u8], other: &[u8], depth: u32) -> Option<Vec<u8>> {
    let (mut attributes, mut at) = (Vec::new(), 6);
    while let Some(head) = input.get(at..at + 9) {
        let size = u32::from_le_bytes(head[5..9].try_into().ok()?) as usize;
        let Some(data) = input.get(at + 9..at + 9 + size) else {
            break;
        };
        attributes.push((head[0], u32::from_le_bytes(head[1..5].try_into().ok()?), data.to_vec()));
        at += 11 + size;
    }
    let place = dice.below(attributes.len());
    let one = attributes.get_mut(place)?;
    one.2 = mutate(dice, &one.2, other, depth + 1);
    if dice.once_in(5) {
        let copy = attributes.get(place)?.clone();
        attributes.insert(dice.below(attributes.len()), copy);
    }
    let mut out = input[..6].to_vec();
    for (level, id, data) in attributes {
        out.extend(files::tnef_attribute(level, id, &data));
    }
    Some(out)
}

/// Changes what is within a base64 part of a mail.
fn mime(dice: &mut Dice, input: &[u8], other: &[u8], depth: u32) -> Option<Vec<u8>> {
    if input.len() > LARGEST || dice.once_in(3) {
        return None;
    }
    let mark = b"Content-Transfer-Encoding: base64";
    let parts: Vec<usize> = memchr::memmem::find_iter(input, mark).collect();
    let at = *parts.get(dice.below(parts.len()))?;
    let start = at + memchr::memmem::find(&input[at..], b"\r\n\r\n")? + 4;
    let end = start + memchr::memmem::find(&input[start..], b"\r\n--").unwrap_or(input.len() - start);
    let text: Vec<u8> = input[start..end].iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let data = BASE64.decode(text).ok()?;
    let new = mutate(dice, &data, other, depth + 1);
    Some([&input[..start], &files::base64(&new)[..], &input[end..]].concat())
}
