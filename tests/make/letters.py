"""Messages by hand: header fields, encoded words (RFC 2047), parts (RFC 2046), parameters (RFC 2231), and the
small files that incidents had with them. Every byte is the same each time."""

import base64
import io
import os
import random
import re
import struct
import zipfile
import zlib
from urllib.parse import quote

# The tree, or where MAKE_TO says.
TREE = os.environ.get("MAKE_TO") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ROOT = os.path.join(TREE, "rules", "casebook")
CS = {"jis": ("iso-2022-jp", "ISO-2022-JP"), "utf8": ("utf-8", "UTF-8")}


def words(text, cs, first):
    """Encoded words, each its own line after folding; `first` = room on the first line."""
    codec, label = CS[cs]
    out = []
    cur = ""
    for ch in text:
        t = cur + ch
        if len(base64.b64encode(t.encode(codec))) + len(label) + 7 > 64 and cur:
            out.append(cur)
            cur = ch
        else:
            cur = t
    out.append(cur)
    return "\n ".join("=?%s?B?%s?=" % (label, base64.b64encode(w.encode(codec)).decode()) for w in out)


def phrase(name, cs):
    if all(ord(c) < 128 for c in name):
        return '"%s"' % name if any(c in ",.()" for c in name) else name
    return words(name, cs, 0)


def mailbox(e, cs):
    if isinstance(e, str):
        return e
    return "%s <%s>" % (phrase(e[0], cs), e[1])


def addresses(field, entries, cs):
    line = field + ": "
    out = []
    for i, e in enumerate(entries):
        t = mailbox(e, cs) + ("," if i < len(entries) - 1 else "")
        if len(line) + len(t) + 1 > 76 and line.strip() != field + ":":
            out.append(line.rstrip())
            line = " "
        line += t + " "
    out.append(line.rstrip())
    return "\n".join(out)


def text_part(body, cs, enc=None):
    codec, label = CS[cs]
    if cs == "jis":
        return [
            "Content-Type: text/plain; charset=ISO-2022-JP",
            "Content-Transfer-Encoding: 7bit",
        ], body.encode(codec)
    if enc == "8bit":
        return ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"], body.encode()
    b = base64.encodebytes(body.replace("\n", "\r\n").encode())
    return ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: base64"], b


def attach(name, ctype, data, style="2231"):
    try:
        name.encode("ascii")
        fn = 'filename="%s"' % name
        nm = '; name="%s"' % name
    except UnicodeEncodeError:
        if style == "2231":
            from urllib.parse import quote

            q = quote(name, safe="")
            chunks = []
            import re

            toks = re.findall(r"%..|.", q)
            cur = ""
            for t in toks:
                if len(cur) + len(t) > 50:
                    chunks.append(cur)
                    cur = ""
                cur += t
            chunks.append(cur)
            fn = "\n " + ";\n ".join(
                "filename*%d*=%s%s" % (i, "UTF-8''" if i == 0 else "", c) for i, c in enumerate(chunks)
            )
            nm = ""
        else:
            w = words(name, "jis", 0).replace("\n ", "\n  ")
            fn = '\n filename="%s"' % w
            nm = ';\n name="%s"' % w
    h = [
        "Content-Type: %s%s" % (ctype, nm),
        "Content-Disposition: attachment;" + fn,
        "Content-Transfer-Encoding: base64",
    ]
    return h, base64.encodebytes(data)


def rfc822(raw):
    return ["Content-Type: message/rfc822", "Content-Disposition: attachment"], raw


def mail(
    path,
    frm,
    to,
    subject,
    date,
    mid,
    body,
    cs="utf8",
    cc=None,
    bcc=None,
    extra=(),
    parts=(),
    enc=None,
    alt=None,
    top=(),
    to_raw=None,
    partial=None,
):
    h = list(top)
    h.append("Date: " + date)
    h.append(addresses("From", [frm], cs))
    if to_raw:
        h.append(to_raw)
    elif to:
        h.append(addresses("To", to, cs))
    if cc:
        h.append(addresses("Cc", cc, cs))
    if bcc:
        h.append(addresses("Bcc", bcc, cs))
    h.append("Subject: " + (subject if subject.isascii() else words(subject, cs, 9)))
    h.append("Message-ID: <%s>" % mid)
    h.append("MIME-Version: 1.0")
    h += list(extra)
    th, tb = text_part(body, cs, enc)
    if parts:
        b = "----=_%08x" % zlib.crc32(path.encode())
        h.append('Content-Type: multipart/mixed;\n boundary="%s"' % b)
        out = "\n".join(h).encode() + b"\n\n"
        for ph, pb in [(th, tb)] + list(parts):
            out += ("--%s\n" % b).encode() + "\n".join(ph).encode() + b"\n\n" + pb
            if not out.endswith(b"\n"):
                out += b"\n"
            out += b"\n" if False else b""
        out += ("--%s--\n" % b).encode()
    else:
        h += ["Content-Type: " + partial] if partial else th
        out = "\n".join(h).encode() + b"\n\n" + tb
    if not out.endswith(b"\n"):
        out += b"\n"
    p = os.path.join(ROOT, path)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    assert b"\r" not in out, path
    for l in out.split(b"\n"):
        assert len(l) <= 998
    open(p, "wb").write(out)
    return out


def zipcrypto(name, data, pw, seed):
    T = []
    for i in range(256):
        c = i
        for _ in range(8):
            c = (c >> 1) ^ (0xEDB88320 if c & 1 else 0)
        T.append(c)
    k = [0x12345678, 0x23456789, 0x34567890]
    crc = lambda c, b: T[(c ^ b) & 255] ^ (c >> 8)

    def upd(b):
        k[0] = crc(k[0], b)
        k[1] = (k[1] + (k[0] & 255)) & 0xFFFFFFFF
        k[1] = (k[1] * 134775813 + 1) & 0xFFFFFFFF
        k[2] = crc(k[2], k[1] >> 24)

    def enc(b):
        t = (k[2] | 2) & 0xFFFF
        x = ((t * (t ^ 1)) >> 8) & 255
        upd(b)
        return b ^ x

    for b in pw.encode():
        upd(b)
    c = zlib.crc32(data)
    r = random.Random(seed)
    comp = zlib.compressobj(9, zlib.DEFLATED, -15)
    z = comp.compress(data) + comp.flush()
    hd = bytes(r.randrange(256) for _ in range(11)) + bytes([c >> 24])
    e = bytes(enc(b) for b in hd + z)
    n = name.encode()
    fl = 0x801
    lh = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, fl, 8, 0, 0x54D5, c, len(e), len(data), len(n), 0) + n
    cd = (
        struct.pack(
            "<IHHHHHHIIIHHHHHII",
            0x02014B50,
            20,
            20,
            fl,
            8,
            0,
            0x54D5,
            c,
            len(e),
            len(data),
            len(n),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + n
    )
    return lh + e + cd + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(cd), len(lh + e), 0)


def docx(paras):
    b = io.BytesIO()
    z = zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED)

    def put(n, t):
        i = zipfile.ZipInfo(n, (2023, 1, 1, 0, 0, 0))
        i.compress_type = zipfile.ZIP_DEFLATED
        z.writestr(i, t)

    put(
        "[Content_Types].xml",
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    )
    put(
        "_rels/.rels",
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    )
    put(
        "word/document.xml",
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        + "".join("<w:p><w:r><w:t>%s</w:t></w:r></w:p>" % p for p in paras)
        + "</w:body></w:document>",
    )
    z.close()
    return b.getvalue()
