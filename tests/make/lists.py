#!/usr/bin/env python3
"""Writes the messages of incidents that were lists of people, as many of them as there were, so that a replay
shows the band that the law would have put them in. All names, numbers and addresses are made up."""

from files import XLSX, People, csv, luhn, packed, xlsx
from letters import attach, mail

FINDINGS = ["近視", "乱視", "白内障の疑い", "緑内障", "遠視"]


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
