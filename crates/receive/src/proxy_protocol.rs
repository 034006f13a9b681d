//! The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a load balancer in front says
//! of its client, before the first byte of SMTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first bytes of version 2.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with CRLF.
const MAX_LINE: usize = 107;
/// The longest header of version 2 that is taken; addresses and a few extra fields fit well within.
const MAX_HEADER: usize = 16 + 2048;

/// A header that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The client; none where the load balancer speaks for itself, such as for a health check.
    pub client: Option<IpAddr>,
    /// The length of the header in bytes.
    pub length: usize,
}

/// The bytes are no PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a PROXY header")]
pub struct NotAHeader;

/// Reads a header from the start of `bytes`; none where it is not complete yet.
///
/// # Errors
/// [`NotAHeader`] where no header can become of the bytes.
pub fn read(bytes: &[u8]) -> Result<Option<Header>, NotAHeader> {
    let shared = bytes.len().min(SIGNATURE.len());
    if bytes[..shared] == SIGNATURE[..shared] {
        return if shared < SIGNATURE.len() { Ok(None) } else { binary(bytes) };
    }
    line(bytes)
}

fn line(bytes: &[u8]) -> Result<Option<Header>, NotAHeader> {
    let start = b"PROXY ";
    let shared = bytes.len().min(start.len());
    if bytes[..shared] != start[..shared] {
        return Err(NotAHeader);
    }
    let Some(end) = memchr::memchr(b'\n', &bytes[..bytes.len().min(MAX_LINE)]) else {
        return if bytes.len() >= MAX_LINE { Err(NotAHeader) } else { Ok(None) };
    };
    let text =
        bytes[..end].strip_suffix(b"\r").and_then(|line| str::from_utf8(line).ok()).ok_or(NotAHeader)?;
    let mut words = text.split(' ').skip(1);
    let client = match words.next() {
        Some("UNKNOWN") => None,
        Some(family @ ("TCP4" | "TCP6")) => {
            let source: IpAddr = words.next().and_then(|w| w.parse().ok()).ok_or(NotAHeader)?;
            let port = |word: Option<&str>| word.is_some_and(|w| w.parse::<u16>().is_ok());
            let target = words.next().is_some_and(|w| w.parse::<IpAddr>().is_ok());
            let ports = port(words.next()) && port(words.next());
            if source.is_ipv4() != (family == "TCP4") || !target || !ports || words.next().is_some() {
                return Err(NotAHeader);
            }
            Some(source.to_canonical())
        }
        _ => return Err(NotAHeader),
    };
    Ok(Some(Header { client, length: end + 1 }))
}

fn binary(bytes: &[u8]) -> Result<Option<Header>, NotAHeader> {
    let Some(&[version, family, high, low]) = bytes.get(12..16).and_then(|b| b.first_chunk::<4>()) else {
        return Ok(None);
    };
    let length = 16 + usize::from(u16::from_be_bytes([high, low]));
    if length > MAX_HEADER {
        return Err(NotAHeader);
    }
    let Some(addresses) = bytes.get(16..length) else {
        return Ok(None);
    };
    let client = match (version, family) {
        // LOCAL: a connection of the load balancer's own.
        (0x20, _) => None,
        // PROXY, TCP over IPv4 and IPv6.
        (0x21, 0x11) => {
            let source = addresses.first_chunk::<4>().filter(|_| addresses.len() >= 12).ok_or(NotAHeader)?;
            Some(IpAddr::V4(Ipv4Addr::from(*source)))
        }
        (0x21, 0x21) => {
            let source = addresses.first_chunk::<16>().filter(|_| addresses.len() >= 36).ok_or(NotAHeader)?;
            Some(IpAddr::V6(Ipv6Addr::from(*source)).to_canonical())
        }
        _ => return Err(NotAHeader),
    };
    Ok(Some(Header { client, length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(bytes: &[u8]) -> Result<Option<Option<IpAddr>>, NotAHeader> {
        read(bytes).map(|header| header.map(|h| h.client))
    }

    #[test]
    fn lines_are_read() {
        let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 25\r\nEHLO x\r\n";
        for cut in 0..44 {
            assert_eq!(read(&line[..cut]), Ok(None), "{cut}");
        }
        let header = read(line).unwrap().unwrap();
        assert_eq!((header.client, header.length), (Some("192.0.2.7".parse().unwrap()), 44));
        assert_eq!(
            client(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n"),
            Ok(Some(Some("2001:db8::1".parse().unwrap())))
        );
        assert_eq!(client(b"PROXY UNKNOWN\r\n"), Ok(Some(None)));
        for bad in [
            &b"EHLO x\r\n"[..],
            b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 25 x\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 25\n",
            &[b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 200]].concat(),
        ] {
            assert_eq!(read(bad), Err(NotAHeader), "{:?}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn binary_headers_are_read() {
        let of = |version: u8, family: u8, addresses: &[u8]| {
            let length = u16::try_from(addresses.len()).unwrap().to_be_bytes();
            [SIGNATURE, &[version, family][..], &length, addresses].concat()
        };
        let v4 = of(0x21, 0x11, &[192, 0, 2, 7, 198, 51, 100, 1, 0, 1, 0, 25]);
        for cut in 0..v4.len() {
            assert_eq!(read(&v4[..cut]), Ok(None), "{cut}");
        }
        assert_eq!(client(&v4), Ok(Some(Some("192.0.2.7".parse().unwrap()))));
        let mut v6 = vec![0; 36];
        v6[..16].copy_from_slice(&"2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
        assert_eq!(client(&of(0x21, 0x21, &v6)), Ok(Some(Some("2001:db8::1".parse().unwrap()))));
        assert_eq!(client(&of(0x20, 0, &[])), Ok(Some(None)));
        assert_eq!(client(&of(0x21, 0x11, &[1, 2, 3])), Err(NotAHeader));
        assert_eq!(client(&of(0x31, 0x11, &[0; 12])), Err(NotAHeader));
    }
}
