#!/usr/bin/env python3
"""Writes the messages of incidents that were lists of people, as many of them as there were, so that a replay
shows the band that the law would have put them in. All names, numbers and addresses are made up."""

import io
import random
import zipfile

from letters import attach, mail

SURNAMES = "佐々木ササキ 小川オガワ 鈴木スズキ 遠藤エンドウ 加藤カトウ 青木アオキ 木村キムラ 藤井フジイ 長谷川ハセガワ 吉田ヨシダ 太田オオタ 田中タナカ 福田フクダ 中野ナカノ 石井イシイ 岡田オカダ 松田マツダ 森モリ 橋本ハシモト 三浦ミウラ"
GIVEN = "美咲ミサキ 樹イツキ 湊ミナト 千尋チヒロ 直樹ナオキ 裕子ユウコ 真由美マユミ 誠マコト 由美ユミ 健一ケンイチ 陽子ヨウコ 大輔ダイスケ 香織カオリ 翔太ショウタ 恵子ケイコ 拓也タクヤ 純子ジュンコ 秀樹ヒデキ 智子トモコ 浩二コウジ"
TOWNS = "北海道札幌市中央区北一条西 東京都新宿区西新宿 兵庫県西宮市六湛寺町 愛知県名古屋市中区栄 神奈川県横浜市中区山下町 大阪府大阪市北区梅田 宮城県仙台市青葉区国分町 福岡県福岡市博多区博多駅前"
FINDINGS = ["近視", "乱視", "白内障の疑い", "緑内障", "遠視"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def named(word):
    cut = next(i for i, c in enumerate(word) if "ァ" <= c <= "ヶ")
    return word[:cut], word[cut:]


class People:
    """People of whom no two share a name and a birth date."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.surnames = [named(w) for w in SURNAMES.split()]
        self.given = [named(w) for w in GIVEN.split()]
        self.count = 0
        self.seen = set()

    def one(self):
        while True:
            (surname, sei), (given, mei) = self.dice.choice(self.surnames), self.dice.choice(self.given)
            birth = "%d/%02d/%02d" % (
                self.dice.randint(1940, 2004),
                self.dice.randint(1, 12),
                self.dice.randint(1, 28),
            )
            if (surname, given, birth) not in self.seen:
                break
        self.seen.add((surname, given, birth))
        self.count += 1
        n = self.count - 1
        phone = "090-%04d-%04d" % (1000 + n // 9000, 1000 + n % 9000)
        number = "%d丁目%d番%d号" % (
            self.dice.randint(1, 5),
            self.dice.randint(1, 26),
            self.dice.randint(1, 19),
        )
        address = self.dice.choice(TOWNS.split()) + number
        return {
            "name": f"{surname} {given}",
            "kana": f"{sei} {mei}",
            "birth": birth,
            "phone": phone,
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


def xlsx(sheets):
    """A workbook: (name, rows) for each sheet, every cell a text of its own."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    spread = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    numbers = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="{s[0]}" sheetId="{n}" r:id="rId{n}"/>' for n, s in zip(numbers, sheets))
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
    for n, (_, rows) in zip(numbers, sheets):
        lines = "".join(
            "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
            for row in rows
        )
        sheet = f'{head}<worksheet xmlns="{spread}"><sheetData>{lines}</sheetData></worksheet>'
        entries.append((f"xl/worksheets/sheet{n}.xml", sheet))
    return packed(entries)


def call_centre():
    """2023-416: of nine million, as many as one mail would carry at a time."""
    people = People(416)
    rows = [["会員番号", "氏名", "電話番号", "住所"]]
    for n in range(12_000):
        p = people.one()
        rows.append([str(20_000_000 + n), p["name"], p["phone"], p["address"]])
    data = packed([("part01.csv", csv(rows))])
    mail(
        "2023-416/message.eml",
        "hoshu@callcenter.example",
        ["meibo@broker.example"],
        "1回目",
        "Tue, 10 Oct 2023 02:14:00 +0900",
        "a416@callcenter.example",
        "先にお渡しする分です。\n",
        parts=[attach("data01.zip", "application/zip", data)],
    )


def shop():
    """2023-104-fragrancy: 16,347 customers, the cards of 4,387 of them on another sheet."""
    people = People(104)
    members, cards = [["会員ID", "氏名", "電話番号", "生年月日"]], [["会員ID", "カード番号", "有効期限"]]
    for n in range(16_347):
        p = people.one()
        members.append([f"M{n:06d}", p["name"], p["phone"], p["birth"]])
        if n < 4_387:
            number = luhn("4100000%08d" % (n * 1009))
            cards.append([f"M{n:06d}", number, "%02d/%02d" % (n % 12 + 1, 24 + n % 4)])
    mail(
        "2023-104-fragrancy/message.eml",
        "shop@fragrance.example",
        ["chousa@vendor.example"],
        "会員データ",
        "Fri, 23 Dec 2022 11:02:00 +0900",
        "a4387@fragrance.example",
        "会員と決済のデータです。\n",
        parts=[attach("会員.xlsx", XLSX, xlsx([("会員", members), ("決済", cards)]))],
    )


def personnel():
    """2024-001: 19,408 people with pension and insurer numbers."""
    people = People(2024)
    rows = [["氏名", "生年月日", "基礎年金番号", "保険者番号"]]
    insurers = ["01130012", "33120015", "06130017"]
    insurers = [i for i in insurers if luhn(i[:-1]) == i]
    for n in range(19_408):
        p = people.one()
        rows.append(
            [p["name"], p["birth"], "%04d-%06d" % (1200 + n % 7800, 340_000 + n), insurers[n % len(insurers)]]
        )
    mail(
        "2024-001/message.eml",
        "roumu@sharoushi.example",
        ["jimu@client.example"],
        "資格取得一覧",
        "Tue, 09 Jan 2024 09:30:00 +0900",
        "a001@sharoushi.example",
        "資格取得の一覧です。ご確認ください。\n",
        parts=[attach("資格取得.xlsx", XLSX, xlsx([("一覧", rows)]))],
    )


def optician():
    """2023-314: 4,061 customers with what their eyes were found to be."""
    people = People(314)
    rows = [["顧客番号", "氏名", "フリガナ", "生年月日", "住所", "電話番号", "診断"]]
    for n in range(4_061):
        p = people.one()
        found = FINDINGS[n % len(FINDINGS)]
        rows.append([str(3_000_000 + n), p["name"], p["kana"], p["birth"], p["address"], p["phone"], found])
    mail(
        "2023-314/message.eml",
        "tenpo@optician.example",
        ["meibo@broker.example"],
        "ご依頼の件",
        "Mon, 15 Aug 2022 19:20:00 +0900",
        "a314@optician.example",
        "お送りします。\n",
        "jis",
        parts=[attach("顧客.zip", "application/zip", packed([("kokyaku.csv", csv(rows))]), "jis")],
    )


if __name__ == "__main__":
    call_centre()
    shop()
    personnel()
    optician()
