#!/usr/bin/env python3
"""Writes tests/clean/ from clean.txt: ordinary mails of many kinds, none of which may be held. A mail there is its
name behind ##, a few lines of `key: value`, an empty line and the text; the files that go with one are made here.

    subject: …             as: jis | base64 | 8bit      signature: no (the sender's, if left out)
    from: NAME <ADDRESS>   to: NAME <ADDRESS>           bcc: LOCALPART COUNT      header: NAME: VALUE
"""

import datetime
import os
import re

from files import XLSX, csv, packed, pdf, png, xlsx
from letters import attach, docx, mail, rfc822

HERE = os.path.dirname(os.path.abspath(__file__))
FROM = ("総務課 担当", "soumu.tanto@city.example.jp")
TO = ("取引先 ご担当", "tanto@example.co.jp")
SIGNATURE = """
--
みほん市 総務部 総務課 文書係
担当 佐藤 一郎
〒100-0001 東京都千代田区千代田1番1号
電話 03-1234-5678（直通） FAX 03-1234-5679
soumu.tanto@city.example.jp
"""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:1@city.example.jp
DTSTART:20240614T060000Z
SUMMARY:打ち合わせ
ORGANIZER:mailto:soumu.tanto@city.example.jp
ATTENDEE:mailto:tanto@example.co.jp
ATTENDEE:mailto:buchou@example.co.jp
END:VEVENT
END:VCALENDAR
"""
FORWARDED = """\
From: tanto@example.co.jp
To: soumu.tanto@city.example.jp
Subject: nouki
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8

納期は6月末の予定です。
"""


def sales():
    days = [[f"2024/05/{n:02d}", "本店", str(30 + n), str(120_000 + 731 * n)] for n in range(1, 31)]
    return csv([["日付", "店舗", "点数", "金額"]] + days)


def stock():
    things = ["ねじ", "ばね", "歯車", "軸受"]
    rows = [[f"K-{n:05d}", things[n % 4], 100 + n, 80 + 12 * n] for n in range(60)]
    return xlsx([("在庫", [["品番", "品名", "数量", "単価"]] + rows)])


def figures():
    counts = [["月", "件数"], ["4月", 120], ["5月", 98]]
    return xlsx([("集計", counts), ("計算用", [["係数", "値"], ["a", 3], ["b", 7]], "hidden")])


def texts():
    dates = "日付,内容\n6/10,打ち合わせ\n6/24,中間報告\n".encode()
    return packed([("readme.txt", "資料の一覧\n1 概要\n2 日程\n".encode()), ("日程.csv", dates)])


AGENDA = ["第3回 検討会 次第", "日時 6月20日 14時", "場所 第2会議室", "1 開会", "2 議題", "3 閉会"]
LEAFLET = ["市民マラソン大会", "開催日 10月20日", "参加費 3,000円", "申込 7月1日から"]
STEPS = "1 電源を入れる\n2 画面の指示に従う\n3 終わったら電源を切る\n".encode("cp932")

# What goes with a mail, by its number.
PARTS = {
    35: lambda: attach("sales.csv", "text/csv", sales()),
    36: lambda: attach("在庫表.xlsx", XLSX, stock()),
    37: lambda: attach("次第.docx", DOCX, docx(AGENDA)),
    38: lambda: attach("チラシ.pdf", "application/pdf", pdf(LEAFLET)),
    39: lambda: attach("logo.png", "image/png", png(200, 30, 60)),
    40: lambda: attach("shiryou.zip", "application/zip", texts()),
    41: lambda: attach("集計.xlsx", XLSX, figures()),
    42: lambda: attach("tejun.txt", "text/plain", STEPS),
    43: lambda: (
        ["Content-Type: text/calendar; charset=UTF-8; method=REQUEST", "Content-Transfer-Encoding: 8bit"],
        CALENDAR.encode(),
    ),
    44: lambda: rfc822(FORWARDED.encode()),
    63: lambda: attach("memo.txt", "text/plain", b"memo\n"),
}


def mailbox(text):
    name, address = re.fullmatch(r"(?:(.*) )?<?([^<> ]+@[^<> ]+)>?", text).groups()
    return (name, address) if name else address


def write(block):
    head, body = block.split("\n\n", 1) if "\n\n" in block else (block, "")
    name, *lines = head.strip().split("\n")
    number = int(name[:2])
    said, headers = {}, []
    for line in lines:
        key, value = line.split(": ", 1)
        headers.append(value) if key == "header" else said.update({key: value})
    body = body.rstrip("\n") + "\n" if body.strip() else ""
    if said.get("signature") != "no":
        body += SIGNATURE
    at = datetime.datetime(2024, 6, number % 28 + 1, 10, number % 60)
    bcc = None
    if "bcc" in said:
        local, count = said["bcc"].split()
        bcc = ["%s%02d@freemail.example" % (local, n) for n in range(1, int(count) + 1)]
    mail(
        f"../../tests/clean/{name}.eml",
        mailbox(said["from"]) if "from" in said else FROM,
        [mailbox(said["to"]) if "to" in said else TO],
        said["subject"],
        at.strftime("%a, %d %b %Y %H:%M:%S +0900"),
        f"clean{number:02d}@city.example.jp",
        body,
        "jis" if said["as"] == "jis" else "utf8",
        bcc=bcc,
        extra=headers,
        enc=said["as"],
        parts=[PARTS[number]()] if number in PARTS else (),
    )


if __name__ == "__main__":
    with open(os.path.join(HERE, "clean.txt"), encoding="utf-8") as source:
        for text in source.read().removeprefix("## ").split("\n## "):
            write(text)
