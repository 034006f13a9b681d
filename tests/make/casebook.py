#!/usr/bin/env python3
"""Writes the messages of the incidents in which addresses were shown, recalls went out, accounts were taken over,
and labelled papers or links left. All names and addresses are made up."""

from letters import *

SUR = "sato suzuki takahashi tanaka ito watanabe yamamoto nakamura kobayashi kato yoshida yamada sasaki yamaguchi matsumoto inoue kimura hayashi saito shimizu mori ikeda hashimoto abe ishikawa ogawa maeda okada hasegawa fujita goto kondo murakami endo aoki sakamoto fukuda ota nishimura fujii kaneko fujiwara miura nakano harada matsuda takeuchi onodera nakayama wada ishida".split()
GIV = "haruka yuto sakura ren hina sota yui minato aoi riku mei haruto rin kaito mio asahi koharu itsuki tsumugi yamato emma hinata akari sora himari nagi".split()
JS = dict(
    zip(
        SUR[:20],
        "佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水".split(),
    )
)
JG = dict(
    zip(
        GIV,
        "はるか 勇人 さくら 蓮 ひな 颯太 ゆい 湊 あおい 陸 芽衣 陽斗 凜 海斗 澪 朝日 こはる 樹 つむぎ 大和 えま 陽向 あかり 空 ひまり 凪".split(),
    )
)


def people(seed, n):
    r = random.Random(seed)
    seen = set()
    out = []
    while len(out) < n:
        s, g = r.choice(SUR), r.choice(GIV)
        l = r.choice(
            [
                "%s.%s" % (g, s),
                "%s_%s" % (s, g),
                "%s%s%02d" % (g, s, r.randint(0, 99)),
                "%s.%s%d" % (s, g[0], r.randint(1, 99)),
                "%s%d" % (g, r.randint(100, 9999)),
            ]
        )
        if l in seen:
            continue
        seen.add(l)
        out.append((s, g, l))
    return out


def private(seed, n, carrier=0.35, names=0.0):
    r = random.Random(seed + 1)
    out = []
    for s, g, l in people(seed, n):
        a = "%s@%s" % (l, "carrier.example" if r.random() < carrier else "freemail.example")
        if s in JS and r.random() < names:
            out.append(("%s %s" % (JS[s], JG[g]), a))
        else:
            out.append(a)
    return out


# ---- 2023-116
ORGS = [
    "npo-kakehashi",
    "npo-minato",
    "ngo-relief",
    "kokusai-center",
    "housing-support",
    "nihongo-juku",
    "volunteer-net",
    "legal-aid",
    "clinic-hikari",
    "daigaku",
    "koryu-kyokai",
    "shinbun",
    "kaigai-kyoryoku",
    "shokuhin-bank",
    "ward-office",
    "interpreters",
    "hogosha-kai",
    "welcome-house",
    "jichikai",
    "kokusai-forum",
]
r = random.Random(116)
pp = people(116, 103)
lst = []
for i, (s, g, l) in enumerate(pp):
    if i < 38:
        a = "%s@freemail.example" % l
    elif i < 50:
        a = "%s@carrier.example" % l
    else:
        a = "%s@%s.example" % (l, ORGS[i % len(ORGS)])
    lst.append((("%s %s" % (JS[s], JG[g]), a) if s in JS and i % 3 else a))
lst.insert(40, "sakura.kokusai@freemail.example")
lst.insert(77, "office@npo-kakehashi.example")  # two of the 103 have two addresses
assert len({(a if isinstance(a, str) else a[1]) for a in lst}) == 105
plain = [a if isinstance(a, str) else a[1] for a in lst]
F = ("多文化共生フォーラム事務局", "forum@culture.metro.example.jp")
W = """\
フォーラムにご参加・ご登壇の皆様

いつもお世話になっております。フォーラム事務局です。
本日の資料を先にお送りします。会場でも配付しますので、印刷は不要です。

  1 次第
  2 登壇者の資料（前半）
  3 会場の案内図

どうぞよろしくお願いいたします。

--
多文化共生フォーラム事務局（みほん都 文化局）
"""
m116 = mail(
    "2023-116/message.eml",
    F,
    lst,
    "【資料送付】避難民支援の連携フォーラム",
    "Thu, 16 Mar 2023 13:50:12 +0900",
    "20230316135012.forum@culture.metro.example.jp",
    W,
    "jis",
)
R = """\
送信者が、次のメールの送信を取り消しました。

  件名: 【資料送付】避難民支援の連携フォーラム
  送信日時: 2023/03/16 13:50

このメールを取り消します。
"""
mail(
    "2023-116/recall.eml",
    F,
    lst,
    "【送信取消】【資料送付】避難民支援の連携フォーラム",
    "Thu, 16 Mar 2023 13:52:40 +0900",
    "20230316135240.cancel@culture.metro.example.jp",
    R,
    "jis",
    extra=["In-Reply-To: <20230316135012.forum@culture.metro.example.jp>"],
)
mail(
    "2023-116/recall-again.eml",
    F,
    lst,
    "【送信取消】【資料送付】避難民支援の連携フォーラム",
    "Thu, 16 Mar 2023 14:08:03 +0900",
    "20230316140803.cancel@culture.metro.example.jp",
    R,
    "jis",
    extra=["In-Reply-To: <20230316135012.forum@culture.metro.example.jp>"],
)
D = """\
フォーラムにご参加・ご登壇の皆様

先ほどお送りしたメールで、皆様のアドレスが宛先欄に表示されておりました。
深くお詫び申し上げます。お手数ですが、13時50分のメールと、その後に届いた
取消のメールを削除し、返信なさらないようお願いいたします。

--
多文化共生フォーラム事務局（みほん都 文化局）
"""
mail(
    "2023-116/deletion-request.eml",
    F,
    [F],
    "【お詫びと削除のお願い】先ほどのメールについて",
    "Thu, 16 Mar 2023 17:49:31 +0900",
    "20230316174931.forum@culture.metro.example.jp",
    D,
    "jis",
)
mail(
    "2023-116/apology.eml",
    F,
    [("日本語塾", "office@nihongo-juku.example")],
    "お電話の件（元のメールを添付します）",
    "Fri, 17 Mar 2023 10:15:00 +0900",
    "20230317101500.forum@culture.metro.example.jp",
    """\
日本語塾 ご担当者様

お電話でお尋ねのあったメールを添付します。
こちらのメールの削除をお願いいたします。

多文化共生フォーラム事務局
""",
    "jis",
    parts=[rfc822(m116)],
)
inv = [("ORG %d" % i, "desk@%s.example" % o) for i, o in enumerate(ORGS[:12])]
ics = [
    "BEGIN:VCALENDAR",
    "PRODID:-//Mihon//Calendar 1.0//JA",
    "VERSION:2.0",
    "METHOD:REQUEST",
    "BEGIN:VEVENT",
    "UID:20230320-forum@culture.metro.example.jp",
    "DTSTAMP:20230317T020000Z",
    "DTSTART:20230327T050000Z",
    "DTEND:20230327T060000Z",
    "SUMMARY:連携フォーラム 振り返りの会",
    "ORGANIZER;CN=forum:mailto:forum@culture.metro.example.jp",
]
for _, a in inv:
    ics.append("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE")
    ics.append(" :mailto:" + a)
ics += ["END:VEVENT", "END:VCALENDAR", ""]
icsb = "\r\n".join(ics).encode()
mail(
    "2023-116/invitation.eml",
    F,
    [F],
    "会議の招待: 連携フォーラム 振り返りの会",
    "Fri, 17 Mar 2023 11:00:00 +0900",
    "20230317110000.cal@culture.metro.example.jp",
    """\
連携フォーラム 振り返りの会にご招待します。
日時: 2023年3月27日 14:00-15:00
""",
    "utf8",
    parts=[
        (
            [
                "Content-Type: text/calendar; charset=UTF-8; method=REQUEST",
                "Content-Transfer-Encoding: base64",
            ],
            base64.encodebytes(icsb),
        )
    ],
)
mail_inv = [a for _, a in inv]

# ---- 2023-391
reg = private(391, 421, 0.4)
T = ("高校生活入門講座 担当", "kyoto@school.example.jp")
T = ("高校生活入門講座 担当", "nyumon@school.example.jp")
mail(
    "2023-391/message.eml",
    T,
    reg,
    "高校生活入門講座 アンケートのお願い",
    "Tue, 19 Sep 2023 16:20:05 +0900",
    "b3a1c0de-0919@mail.school.example.jp",
    """\
高校生活入門講座に登録された皆様

先日は入門講座へのご参加ありがとうございました。
今後の参考にいたしますので、次のページのアンケートにお答えください。

  https://www.school.example.jp/nyumon/enquete/

みほん県立見本高等学校 入門講座担当
""",
)
mail(
    "2023-391/recall.eml",
    T,
    reg,
    "回収: 高校生活入門講座 アンケートのお願い",
    "Tue, 26 Sep 2023 11:26:41 +0900",
    "b3a1c0de-0926@mail.school.example.jp",
    """\
高校生活入門講座 担当 がメッセージ「高校生活入門講座 アンケートのお願い」を取り消します。

このメールを取り消します。
""",
    extra=["X-MS-Has-Attach:", "X-MS-TNEF-Correlator: <b3a1c0de-0926@mail.school.example.jp>"],
)

# ---- 2022-minoh
par = private(2022, 181, 0.25, names=0.3)
J = ("研究会事務局", "jimukyoku@shien.example.jp")
B = """\
講演会にご参加の皆様

このたびは自立活動の講演会にご参加いただき、ありがとうございました。
アンケートへのご協力をお願いいたします。回答は月末までにお願いします。

  https://www.shien.example.jp/kenkyukai/enquete.html

研究会事務局（みほん府立見本支援学校）
"""
mail(
    "2022-minoh/message.eml",
    J,
    par,
    "講演会アンケートのお願い",
    "Tue, 9 Aug 2022 10:12:33 +0900",
    "20220809101233.0042@shien.example.jp",
    B,
    "jis",
)
mail(
    "2022-minoh/bcc.eml",
    J,
    [J],
    "講演会アンケートのお願い（再送）",
    "Fri, 12 Aug 2022 18:20:00 +0900",
    "20220812182000.0043@shien.example.jp",
    B,
    "jis",
)
bl = private(2023, 12, 0.25)
mail(
    "2022-minoh/bcc-field.eml",
    J,
    [J],
    "次回の講演会のご案内",
    "Tue, 16 Aug 2022 09:05:00 +0900",
    "20220816090500.0044@shien.example.jp",
    """\
次回の講演会をご案内します。
日時と会場は、追ってお知らせします。

研究会事務局（みほん府立見本支援学校）
""",
    "jis",
    bcc=bl,
)

# ---- 2023-112
CO = [
    "kigyo-a",
    "kensetsu-b",
    "fukushi-c",
    "bus-d",
    "insatsu-e",
    "kanko-f",
    "shoko-g",
    "noukyo-h",
    "hoken-i",
    "sekkei-j",
    "denki-k",
    "suido-l",
    "taiiku-m",
    "bunka-n",
]
q = people(112, 28)
v = []
for i, (s, g, l) in enumerate(q):
    a = "%s@%s" % (
        l,
        (CO[i // 2 % 14] + ".example") if i < 16 else ("freemail.example" if i < 24 else "carrier.example"),
    )
    v.append(("%s %s" % (JS[s], JG[g]), a) if s in JS else a)
C = ("みほん市 市民協働課", "kyodo@city.example.jp")
mail(
    "2023-112/message.eml",
    C,
    v,
    "市民活動連絡会の開催について",
    "Mon, 3 Apr 2023 09:30:00 +0900",
    "20230403093000.7761@city.example.jp",
    """\
市民活動連絡会の皆様

今年度の第1回連絡会を下記のとおり開催します。
ご出欠を4月14日までにお知らせください。

  日時  4月21日（金） 14時から
  場所  市役所 東庁舎 3階

みほん市 市民協働課
""",
    "jis",
)
mail(
    "2023-112/three.eml",
    ("みほん市 営繕課", "eizen@city.example.jp"),
    [("見本建設", "tantou@kensetsu-b.example"), "sekkei@sekkei-j.example"],
    "庁舎改修の打合せ日程",
    "Mon, 3 Apr 2023 10:02:00 +0900",
    "20230403100200.7764.{n}@city.example.jp",
    """\
見本建設様、設計J様

打合せの日程を調整させてください。
来週の水曜日の午後はいかがでしょうか。

みほん市 営繕課
""",
    "jis",
    cc=["kanri@denki-k.example"],
)
mail(
    "2023-112/ambiguous.eml",
    C,
    None,
    "連絡会の資料",
    "Tue, 4 Apr 2023 11:40:00 +0900",
    "20230404114000.7790@city.example.jp",
    """\
連絡会の資料をお送りします。

みほん市 市民協働課
""",
    "utf8",
    to_raw='To: "連絡会の皆様 <renraku@kyodo-net.example>, kaicho@fukushi-c.example,\n taro.mihon@freemail.example, hanako.mihon@carrier.example'.replace(
        "連絡会の皆様", "renrakukai no minasama"
    ),
)

# ---- 2023-117
S = ("gakusei", "s2100123@univ.example.jp")
mail(
    "2023-117/ordinary.eml",
    "s2100123@univ.example.jp",
    ["internship@kigyo-a.example"],
    "インターンシップの申し込みについて",
    "Mon, 6 Feb 2023 15:10:00 +0900",
    "20230206151000.{n}@univ.example.jp",
    """\
kigyo-a インターンシップご担当者様

夏のインターンシップについて伺いたく、ご連絡いたしました。
応募の締切を教えていただけますでしょうか。
""",
)
mail(
    "2023-117/message.eml",
    "s2100123@univ.example.jp",
    ["customer{n}@mailbox{n}.example"],
    "Your parcel is waiting",
    "Tue, 7 Feb 2023 03:14:00 +0900",
    "20230207031400.{n}@univ.example.jp",
    """\
Dear customer,

your parcel could not be delivered. Confirm your address within 24 hours:

  http://parcel-confirm.example/track?id={n}
""",
    enc="8bit",
)

# ---- 2023-105: ZipCrypto
quiz = "見本問題 %d: 消防用設備の点検に関する次の記述のうち、正しいものを選べ。\n"
zp = zipcrypto("昇任試験問題.txt", "".join(quiz % i for i in range(1, 41)).encode(), "himitsu-mihon", 105)
z = zipfile.ZipFile(io.BytesIO(zp))
assert z.read("昇任試験問題.txt", pwd=b"himitsu-mihon").startswith("見本".encode())
assert z.infolist()[0].flag_bits & 1
mail(
    "2023-105/message.eml",
    "shirei@fd.city.example.jp",
    ["jibun.mihon@freemail.example"],
    "ファイル",
    "Mon, 20 Jun 2022 22:41:00 +0900",
    "20220620224100.0107@fd.city.example.jp",
    "自宅で確認\n",
    "jis",
    parts=[attach("昇任試験問題.zip", "application/zip", zp, "jis")],
)

mail(
    "2023-105/partial.eml",
    "shirei@fd.city.example.jp",
    ["jibun.mihon@freemail.example"],
    "ファイル (2/3)",
    "Wed, 22 Jun 2022 22:10:00 +0900",
    "20220622221000.0111@fd.city.example.jp",
    "UEsDBBQACQAIAAAAIVZ5bjPX6AAAAK0BAAATAAAA\n",
    "jis",
    partial='message/partial; number=2; total=3;\n id="20220622220900.0110@fd.city.example.jp"',
)
mail(
    "2023-105/broken.eml",
    "shirei@fd.city.example.jp",
    ["jibun.mihon@freemail.example"],
    "ファイル",
    "Tue, 21 Jun 2022 22:03:00 +0900",
    "20220621220300.0109@fd.city.example.jp",
    "前半\n",
    "jis",
    parts=[attach("昇任試験問題.zip", "application/zip", zp[: len(zp) // 2], "jis")],
)

# ---- links
mail(
    "2024-250/message.eml",
    ("一日体験入学 担当", "taiken@school.example.jp"),
    [("見本中学校 進路指導", "shinro@mihon-jhs.example")],
    "一日体験入学のお申し込み状況について",
    "Fri, 17 May 2024 10:00:00 +0900",
    "20240517100000.taiken@school.example.jp",
    """\
見本中学校 進路指導ご担当者様

一日体験入学のお申し込みは次のページで受け付けております。

  https://docs.google.com/forms/d/e/1FAIpQLSfMihonMihonMihonMihonMihonMihonMihonMihonMihonA/viewanalytics

生徒の皆様にお知らせください。

みほん県立見本高等学校 体験入学担当
""",
)
mail(
    "2023-101/message.eml",
    ("会員サービス窓口", "members@fudosan.example"),
    [("見本 太郎", "taro.mihon@freemail.example")],
    "お問い合わせの資料について",
    "Mon, 6 Feb 2023 14:30:00 +0900",
    "20230206143000.members@fudosan.example",
    """\
見本様

お問い合わせの資料は、次の共有フォルダーからご覧ください。

  https://drive.google.com/drive/folders/1MihonMihonMihonMihonMihonMihonMih?usp=sharing

会員サービス窓口
""",
)

# ---- labelled documents
DT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
mail(
    "2023-340/message.eml",
    "seibi.tantou@airline.example",
    ["jibun.no@freemail.example"],
    "資料",
    "Thu, 22 Dec 2022 21:08:00 +0900",
    "c41f-1222@airline.example",
    "バックアップ\n",
    "jis",
    parts=[
        attach(
            "整備手順_社外秘.docx",
            DT,
            docx(["社外秘", "整備手順（見本）", "第1章 点検の順序", "第2章 記録のつけ方"]),
            "jis",
        )
    ],
)
mail(
    "2023-394-sojitz/message.eml",
    "eigyo3@trading.example",
    ["next.job@carrier.example"],
    "【部外秘】案件一覧",
    "Thu, 16 Jun 2022 20:12:00 +0900",
    "0616-2012@trading.example",
    "案件の一覧です。\n",
    "utf8",
    parts=[attach("案件一覧.docx", DT, docx(["部外秘", "案件一覧（見本）", "A案件 採算表", "B案件 採算表"]))],
)
mail(
    "2023-394-kanematsu/message.eml",
    "tantou7@shosha.example",
    ["watashi.mihon@freemail.example"],
    "あとで見る",
    "Tue, 28 Jun 2022 23:30:00 +0900",
    "0628-2330@shosha.example",
    "\n",
    "utf8",
    parts=[
        attach(
            "取引条件表【極秘】.docx",
            DT,
            docx(["極秘", "取引条件表（見本）", "仕入先ごとの単価", "決済条件"]),
        )
    ],
)
mail(
    "2023-399/message.eml",
    "gijutsu2@glass.example",
    ["sample.desk@bin-maker.example"],
    "Lightweight bottle, process conditions",
    "Fri, 10 Jun 2022 18:45:00 +0900",
    "7d20-0610@glass.example",
    "As discussed.\n",
    "utf8",
    enc="8bit",
    parts=[
        attach(
            "軽量化_成形条件（関係者外秘）.docx",
            DT,
            docx(["関係者外秘", "成形条件（見本）", "肉厚の分布", "冷却の条件"]),
        )
    ],
)
mail(
    "2023-470/message.eml",
    "haken05@news.example",
    ["tomodachi@freemail.example"],
    "これ",
    "Wed, 15 Nov 2023 12:20:00 +0900",
    "1115-1220@news.example",
    "例のメモ\n",
    "jis",
    parts=[
        attach(
            "インタビューメモ（取扱注意）.docx",
            DT,
            docx(["取扱注意", "インタビュー内容メモ（見本）", "問1 いつ気付きましたか", "答1 昨年の春です"]),
            "jis",
        )
    ],
)
