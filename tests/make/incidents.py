#!/usr/bin/env python3
"""Writes the messages of incidents in which data walked out: tables, a PDF, archives, keys, and a few lines of text.
All names, numbers and addresses are made up."""

from files import XLSX, People, csv, luhn, packed, pdf, xlsx
from letters import attach, mail


def cards(people, count, first):
    """Rows of cards: number, holder, expiry, security code."""
    for n in range(count):
        expiry = "%02d/%02d" % (n % 12 + 1, 25 + n % 4)
        yield luhn("4100000%08d" % (n * 1_037_389 % 100_000_000)), people[n], expiry, "%03d" % (first + n * 7 % 900)


def sent(path, frm, to, subject, date, body, cs="utf8", parts=(), number=None):
    """A mail with a Message-ID of its own."""
    local, domain = path.split("/")[0], frm.split("@")[1]
    mid = f"{number or local}@{domain}"
    mail(path, frm, [to], subject, date, mid, body, cs, parts=parts)


def sheet(name, rows, title="data", cs="jis"):
    return [attach(name, XLSX, xlsx([(title, rows)]), cs if cs == "jis" else "2231")]


def words():
    """Ids with passwords, keys, a source's name: a few lines of text are enough."""
    sent(
        "2022-ryukyu/message.eml",
        "kyoin@univ.example.jp",
        "daikou@partner.example",
        "研修の受講について",
        "Mon, 31 Oct 2022 12:30:00 +0900",
        "代わりに受講をお願いします。\n\nユーザーID: k-oshiro82\nパスワード: Umi2022#naha\n",
        "jis",
    )
    sent(
        "2022-uuum/message.eml",
        "kaihatsu@agency.example",
        "gaichu@partner.example",
        "設定ファイル",
        "Fri, 21 Oct 2022 13:00:00 +0900",
        "デプロイに使う設定です。\n\nGITHUB_TOKEN=ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\n"
        "DATABASE_URL=postgres://app:Xk3mfQz81@db.agency.example:5432/prod\n",
    )
    sent(
        "2023-300/message.eml",
        "soumu@care.example",
        "moto.shokuin@freemail.example",
        "勤怠システムの件",
        "Mon, 03 Apr 2023 18:03:00 +0900",
        "引き続き見られるようにしておきます。\nログインID：care-admin\nパスワード：Sakura!0401x\n",
        "jis",
    )
    sent(
        "2023-363/message.eml",
        "eigyo@sales.example",
        "shin.kaisha@newjob.example",
        "名刺管理",
        "Fri, 15 Sep 2023 20:20:00 +0900",
        "まだ入れます。\nID: eigyo@sales.example\nPW: Meishi2023!kanri\n",
    )
    sent(
        "2023-392/message.eml",
        "shidou.tantou@office.example.jp",
        "jimukyoku@foundation.example",
        "お問い合わせについて",
        "Fri, 07 Oct 2022 17:12:00 +0900",
        "貴財団の運営について、公益通報がありました。\n"
        "情報提供者は貴財団の職員の山田 春香様（電話 090-1234-5678）です。\n"
        "事実関係をご確認のうえ、ご回答ください。\n",
        "jis",
    )


def accounts():
    """2023-319 and 2023-371: ids with their passwords, as a CSV and on a sheet."""
    rows = [["ユーザーID", "パスワード", "所属"]]
    rows += [[str(20_000 + n), f"town{20_000 + n}", "住民課"] for n in range(61)]
    sent(
        "2023-319/message.eml",
        "johou-kanri@town.example.jp",
        "sagyou@vendor.example",
        "初期パスワード一覧",
        "Sun, 01 Jan 2023 10:00:00 +0900",
        "職員の一覧です。設定をお願いします。\n",
        parts=[attach("users.csv", "text/csv", csv(rows))],
    )
    people = People(371)
    rows = [["出席番号", "氏名", "ユーザーID", "パスワード"]]
    for n in range(1, 31):
        letter = "abcdefghijklmnopqrstuvwxyz"[n * 5 % 26]
        rows.append([n, people.one()["name"], f"s2023{n:03d}", f"Kx{10 + n}-{letter * 3}9"])
    sent(
        "2023-371/message.eml",
        "johou@school.example.jp",
        "class@printer.example",
        "IDカード作成一覧",
        "Thu, 13 Apr 2023 08:20:00 +0900",
        "カードの作成をお願いします。\n",
        "jis",
        sheet("アカウント一覧.xlsx", rows, "1年2組"),
    )


def shops():
    """2022-sb-foods and 2024-251: cards with their security codes, for whoever looks into a fault."""
    people = People(164)
    holders = [people.one()["name"] for _ in range(164)]
    rows = [["card_number", "exp", "cvv", "name"]]
    rows += [[number, expiry, code, name] for number, name, expiry, code in cards(holders, 164, 100)]
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    sent(
        "2022-sb-foods/message.eml",
        "tsuhan@foods.example",
        "support@vendor.example",
        "注文データ調査のお願い",
        "Tue, 19 Jul 2022 16:31:00 +0900",
        "表示の不具合の調査用に、該当の注文をお送りします。\n",
        parts=[attach("orders.csv", "text/csv", data)],
    )
    people = People(251)
    members, holders = [["氏名", "郵便番号", "住所", "電話番号", "メールアドレス"]], []
    for n in range(3_126):
        p = people.one()
        members.append([p["name"], "160-0023", p["address"], p["phone"], f"user{n:05d}@freemail.example"])
        holders.append(p["kana"])
    # Who paid by card is one of the members; the card has the holder's name as it is read.
    paid = [["カード番号", "名義人", "有効期限", "セキュリティコード"]]
    paid += [list(row) for row in cards(holders, 1_054, 0)]
    text = lambda rows: ("\ufeff" + "".join(",".join(row) + "\r\n" for row in rows)).encode()
    data = packed([("customers.csv", text(members)), ("cards.csv", text(paid))])
    sent(
        "2024-251/message.eml",
        "shop@outdoor.example",
        "analyst@vendor.example",
        "ログの確認",
        "Thu, 18 Jan 2024 10:45:00 +0900",
        "該当の期間のデータです。ご確認ください。\n",
        parts=[attach("export.zip", "application/zip", data)],
    )


def leavers():
    """2023-104-aizawa, 2023-114, 2023-352, 2023-449: what somebody takes along, or takes home."""
    people = People(1040)
    ills = ["慢性腎不全", "糖尿病性腎症", "高血圧症"]
    rows = [["患者番号", "氏名", "生年月日", "電話番号", "病名"]]
    for n in range(3_137):
        p = people.one()
        rows.append([str(100_000 + n), p["name"], p["birth"], p["phone"], ills[n % 3]])
    sent(
        "2023-104-aizawa/message.eml",
        "tousekishitsu@hospital.example",
        "shinki@clinic.example",
        "患者様の件",
        "Mon, 09 May 2022 20:05:00 +0900",
        "開院の準備にお使いください。\n",
        parts=sheet("透析患者.xlsx", rows, "患者", "utf8"),
    )
    people = People(114)
    rows = [["氏名", "フリガナ", "住所", "電話番号", "メールアドレス", "希望"]]
    for n in range(240):
        p = people.one()
        rows.append([p["name"], p["kana"], p["address"], p["phone"], f"user{n:05d}@freemail.example", "平屋の資料"])
    sent(
        "2023-114/message.eml",
        "eigyo.moto@builder.example",
        "eigyo.moto@freemail.example",
        "控え",
        "Sat, 04 Mar 2023 21:40:00 +0900",
        "控えとして送っておく。\n",
        "jis",
        sheet("資料請求一覧.xlsx", rows, "一覧"),
    )
    people = People(352)
    rows = [["職員番号", "氏名", "生年月日", "所属", "評定"]]
    for n in range(836):
        p = people.one()
        rows.append([str(10_000 + n), p["name"], p["birth"], "総務課", "ABC"[n % 3]])
    sent(
        "2023-352/message.eml",
        "taro.mihon@city.example.jp",
        "mihon_taro@freemail.example",
        "保存用",
        "Sat, 18 Dec 2021 22:47:00 +0900",
        "保存用\n",
        "jis",
        sheet("人事一覧.xlsx", rows, "職員"),
    )
    report = ["審査報告書（見本）", "対象組織：みほん製作所", "所見：運用は手順書どおりに行われている。", "次回までに是正の記録を確かめること。"]
    sent(
        "2023-449/message.eml",
        "hanako.shinsa@assessor.example",
        "hanako.shinsa@freemail.example",
        "審査資料（自宅用）",
        "Tue, 08 Aug 2023 19:55:00 +0900",
        "続きは自宅で。\n",
        parts=[attach("審査資料.pdf", "application/pdf", pdf(report))],
    )


def other_ways():
    """2023-103, 2023-106, 2023-115: what malware, a site and a lost computer gave away, had it gone by mail."""
    people = People(103)
    rows = [["氏名", "メールアドレス", "金融機関", "支店", "口座番号"]]
    for n in range(207):
        p = people.one()
        rows.append([p["name"], f"guest{n:03d}@freemail.example", "みほん銀行", "本店", "普通 %07d" % (1_204_300 + n * 37)])
    sent(
        "2023-103/message.eml",
        "jimu@institute.example.jp",
        "kaikei@vendor.example",
        "出席者一覧",
        "Mon, 10 Jul 2023 10:20:00 +0900",
        "出席者の一覧です。\n",
        parts=sheet("出席者.xlsx", rows, "出席者", "utf8"),
    )
    people = People(106)
    rows = [["会員番号", "氏名", "生年月日", "住所", "電話番号", "職歴"]]
    for n in range(3_000):
        p = people.one()
        rows.append([str(500_000 + n), p["name"], p["birth"], p["address"], p["phone"], "営業 %d 年" % (n % 20 + 1)])
    sent(
        "2023-106/message.eml",
        "kaiin@jobs.example",
        "bunseki@vendor.example",
        "職務経歴データ",
        "Mon, 20 Mar 2023 09:00:00 +0900",
        "職務経歴のデータです。\n",
        parts=[attach("resume.zip", "application/zip", packed([("resume.csv", csv(rows))]))],
    )
    people = People(115)
    rows = [["氏名", "住所"]]
    for n in range(70):
        p = people.one()
        rows.append([p["name"], p["address"]])
    sent(
        "2023-115/message.eml",
        "kisha@press.example",
        "shuzai@partner.example",
        "取材先の一覧",
        "Fri, 24 Mar 2023 19:40:00 +0900",
        "取材先の一覧です。\n",
        parts=sheet("取材先.xlsx", rows, "一覧", "utf8"),
    )


def printers():
    """2024-217, four victims of one contractor; 2022-seven-createlink: what a printer was handed and kept."""
    jobs = {
        "kishiwada": ("入場整理券.xlsx", "入場整理券データ（再作成分）", 5),
        "nishinomiya": ("納税通知書.xlsx", "納税通知書データ", 78),
        "ota": ("受診券.xlsx", "がん検診受診券", 46),
        "tokyo": ("就学支援金.xlsx", "就学支援金 通知データ", 37),
    }
    for at, (town, (name, subject, count)) in enumerate(jobs.items()):
        people = People(2170 + at)
        heads = {
            "kishiwada": ["氏名", "住所", "生年月日"],
            "nishinomiya": ["宛名番号", "氏名", "住所", "課税額"],
            "ota": ["受診番号", "氏名", "生年月日", "住所", "診断"],
            "tokyo": ["氏名", "続柄", "住所", "生年月日"],
        }
        rows = [heads[town]]
        for n in range(count):
            p = people.one()
            row = {
                "kishiwada": [p["name"], p["address"], p["birth"]],
                "nishinomiya": [str(40_000_000 + n), p["name"], p["address"], 12_000 + 100 * n],
                "ota": [str(500_000 + n), p["name"], p["birth"], p["address"], ["異常なし", "胃がんの疑い"][n % 2]],
                "tokyo": [p["name"], "本人" if n < 19 else "保護者", p["address"], p["birth"]],
            }
            rows.append(row[town])
        sent(
            f"2024-217-{town}/message.eml",
            f"tantou@{'metro' if town == 'tokyo' else town}.example.jp",
            "nyukou@printer.example",
            subject,
            "Mon, 13 May 2024 14:00:00 +0900",
            "印刷用のデータをお送りします。\n",
            "jis",
            sheet(name, rows),
        )
    people = People(3274)
    sheets = []
    for year, count in [("2020年", 1_092), ("2021年", 1_091), ("2022年", 1_091)]:
        rows = [["氏名", "フリガナ", "住所"]]
        for _ in range(count):
            p = people.one()
            rows.append([p["name"], p["kana"], p["address"]])
        sheets.append((year, rows))
    sent(
        "2022-seven-createlink/message.eml",
        "bukken@createlink.example",
        "insatsu@printer.example",
        "宛名データ",
        "Sat, 24 Sep 2022 16:40:00 +0900",
        "三年分の宛名です。\n",
        parts=[attach("宛名.xlsx", XLSX, xlsx(sheets))],
    )


def school():
    """2023-439: bank accounts on the back of a sheet of paper; here, on a hidden sheet."""
    people = People(439)
    shown = [["教科", "範囲"], ["国語", "一から四十ページ"], ["数学", "一次関数"], ["英語", "三課まで"]]
    hidden = [["氏名", "銀行", "支店", "口座番号", "口座名義"]]
    for n in range(69):
        p = people.one()
        hidden.append([p["name"], "みほん銀行", "本店", str(1_234_500 + 37 * n), p["kana"]])
    data = xlsx([("範囲表", shown), ("口座", hidden, "hidden")])
    sent(
        "2023-439/message.eml",
        "kyomu@school.example.jp",
        "hogosha-kai@pta.example",
        "定期テスト範囲表",
        "Thu, 28 Sep 2023 15:10:00 +0900",
        "定期テストの範囲表をお送りします。配布をお願いします。\n",
        "jis",
        [attach("テスト範囲表.xlsx", XLSX, data, "jis")],
    )


def slips():
    """2022-saitama-university: a letter missing from a domain."""
    sent(
        "2022-saitama-university/message.eml",
        "kyoin@univ.example.jp",
        "kyoin.mihon@freemai.example",
        "Fwd: ゼミの連絡",
        "Thu, 06 May 2021 09:40:00 +0900",
        "---------- 転送されたメール ----------\n件名: ゼミの連絡\n\n来週のゼミは木曜の3限に移します。資料は前日までに送ってください。\n",
        "jis",
    )
    supplier = ("仕入先 ご担当", "juchu@mihon-kyozai.example")
    mail(
        "2022-saitama-university/ordinary.eml",
        "kyoin@univ.example.jp",
        [supplier],
        "教材の注文",
        "Mon, 10 May 2021 10:00:00 +0900",
        "order{n}@univ.example.jp",
        "いつもお世話になっております。教材を10部お願いいたします。\n",
        "jis",
    )
    mail(
        "2022-saitama-university/slip.eml",
        "kyoin@univ.example.jp",
        [(supplier[0], "juchu@mihon-kyouzai.example")],
        "教材の注文",
        "Thu, 13 May 2021 10:00:00 +0900",
        "order4@univ.example.jp",
        "いつもお世話になっております。教材を5部追加でお願いいたします。\n",
        "jis",
    )


if __name__ == "__main__":
    words()
    accounts()
    shops()
    leavers()
    printers()
    other_ways()
    school()
    slips()
