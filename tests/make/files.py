"""The files that mails had with them, and the people in them. All names, numbers and addresses are made up, and
every byte is the same each time."""

import io
import random
import struct
import zipfile
import zlib

SURNAMES = "佐々木ササキ 小川オガワ 鈴木スズキ 遠藤エンドウ 加藤カトウ 青木アオキ 木村キムラ 藤井フジイ 長谷川ハセガワ 吉田ヨシダ 太田オオタ 田中タナカ 福田フクダ 中野ナカノ 石井イシイ 岡田オカダ 松田マツダ 森モリ 橋本ハシモト 三浦ミウラ"
GIVEN = "美咲ミサキ 樹イツキ 湊ミナト 千尋チヒロ 直樹ナオキ 裕子ユウコ 真由美マユミ 誠マコト 由美ユミ 健一ケンイチ 陽子ヨウコ 大輔ダイスケ 香織カオリ 翔太ショウタ 恵子ケイコ 拓也タクヤ 純子ジュンコ 秀樹ヒデキ 智子トモコ 浩二コウジ"
TOWNS = "北海道札幌市中央区北一条西 東京都新宿区西新宿 兵庫県西宮市六湛寺町 愛知県名古屋市中区栄 神奈川県横浜市中区山下町 大阪府大阪市北区梅田 宮城県仙台市青葉区国分町 福岡県福岡市博多区博多駅前"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def named(word):
    cut = next(i for i, c in enumerate(word) if "ァ" <= c <= "ヶ")
    return word[:cut], word[cut:]


class People:
    """People of whom no two share a name and a birth date, or a name and an address."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.surnames = [named(w) for w in SURNAMES.split()]
        self.given = [named(w) for w in GIVEN.split()]
        self.count = 0
        self.seen = set()

    def one(self):
        dice = self.dice
        while True:
            (surname, sei), (given, mei) = dice.choice(self.surnames), dice.choice(self.given)
            birth = "%d/%02d/%02d" % (dice.randint(1940, 2004), dice.randint(1, 12), dice.randint(1, 28))
            number = "%d丁目%d番%d号" % (dice.randint(1, 5), dice.randint(1, 26), dice.randint(1, 19))
            address = dice.choice(TOWNS.split()) + number
            keys = {(surname, given, birth), (surname, given, address)}
            if not keys & self.seen:
                break
        self.seen |= keys
        n = self.count
        self.count += 1
        return {
            "name": f"{surname} {given}",
            "kana": f"{sei} {mei}",
            "birth": birth,
            "phone": "090-%04d-%04d" % (1000 + n // 9000, 1000 + n % 9000),
            "address": address,
        }


def luhn(head):
    """The number with its check digit (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(head)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return head + str(-total % 10)


def csv(rows):
    return "".join(",".join(row) + "\r\n" for row in rows).encode("cp932")


def packed(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (2023, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=9)
    return out.getvalue()


def cell(value):
    """A text of its own, or a number."""
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def xlsx(sheets):
    """A workbook: (name, rows) for each sheet; the sheet is hidden where "hidden" stands behind them."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    spread = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    numbers = range(1, len(sheets) + 1)
    state = lambda s: ' state="hidden"' if "hidden" in s[2:] else ""
    listed = "".join(
        f'<sheet name="{s[0]}" sheetId="{n}"{state(s)} r:id="rId{n}"/>' for n, s in zip(numbers, sheets)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    entries = [
        (
            "[Content_Types].xml",
            f'{head}<Types xmlns="{package}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{types}</Types>',
        ),
        (
            "_rels/.rels",
            f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "xl/workbook.xml",
            f'{head}<workbook xmlns="{spread}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'{head}<Relationships xmlns="{package}/relationships">{related}</Relationships>',
        ),
    ]
    for n, (_, rows, *_) in zip(numbers, sheets):
        lines = "".join("<row>" + "".join(cell(value) for value in row) + "</row>" for row in rows)
        sheet = f'{head}<worksheet xmlns="{spread}"><sheetData>{lines}</sheetData></worksheet>'
        entries.append((f"xl/worksheets/sheet{n}.xml", sheet))
    return packed(entries)


def pdf(lines):
    """A page of Japanese text in a predefined encoding, as office programs without embedded fonts write it
    (ISO 32000-1 section 9.7.5.2)."""
    text = "".join(
        f"1 0 0 1 72 {770 - 24 * n} Tm <{line.encode('utf-16-be').hex().upper()}> Tj\n"
        for n, line in enumerate(lines)
    )
    stream = zlib.compress(f"BT /F1 12 Tf\n{text}ET".encode())
    font = "/BaseFont/HeiseiKakuGo-W5"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>\nstream\n" % len(stream) + stream + b"\nendstream",
        f"<</Type/Font/Subtype/Type0{font}/Encoding/UniJIS-UTF16-H/DescendantFonts[6 0 R]>>".encode(),
        (
            f"<</Type/Font/Subtype/CIDFontType0{font}/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)"
            "/Supplement 4>>/FontDescriptor 7 0 R>>"
        ).encode(),
        b"<</Type/FontDescriptor/FontName/HeiseiKakuGo-W5/Flags 4/FontBBox[-92 -250 1010 922]/ItalicAngle 0"
        b"/Ascent 752/Descent -271/CapHeight 737/StemV 114>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(bodies) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def png(red, green, blue):
    """A picture of one point."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    point = zlib.compress(bytes([0, red, green, blue]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", point) + chunk(b"IEND", b"")
