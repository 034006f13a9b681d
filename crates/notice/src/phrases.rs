//! The facts in words: one table for the evidence in a notice, one for the end of its subject line.
//! Counts of personal data and secrets that are not listed go by what the vocabulary calls them. Any other
//! fact that is not listed says nothing to staff; its rule's reason has to.

/// A fact and how it reads in Japanese and in English; `{}` stands for its value.
pub type Words = (&'static str, &'static str, &'static str);

/// What a notice lists under its reason.
pub const PHRASES: &[Words] = &[
    ("message.is_recall", "送信取り消し（リコール）のメールです", "The mail is a recall of an earlier one"),
    ("message.auto_submitted", "自動で送られたメールです", "The mail was sent automatically"),
    ("message.encrypted", "メールが暗号化されています", "The mail is encrypted"),
    ("message.defects", "形式の乱れ: {}", "Faults in the form of the mail: {}"),
    (
        "message.ambiguous",
        "読むソフトによって、違う内容に見えるメールです",
        "Different programs would show this mail differently",
    ),
    ("message.uninspected", "中を確認できなかった部分: {}", "Parts that could not be read: {}"),
    (
        "sender.new_client",
        "この差出人が初めて使う接続元です",
        "The sender has not used this connection before",
    ),
    (
        "sender.recent_messages",
        "直近1時間にこの差出人から出たメール: {}通",
        "Mails from this sender in the past hour: {}",
    ),
    (
        "sender.recent_recipients",
        "直近1時間に送った社外の宛先: {}件",
        "Outside recipients in the past hour: {}",
    ),
    (
        "sender.recent_first_time",
        "直近1時間に初めて送った社外の宛先: {}件",
        "Recipients first written to in the past hour: {}",
    ),
    ("recipients.external", "社外の宛先: {}件", "Outside recipients: {}"),
    (
        "recipients.envelope_external",
        "実際に送る社外の宛先: {}件",
        "Outside recipients it would be sent to: {}",
    ),
    (
        "recipients.visible_external",
        "To・Ccに見えている社外のアドレス: {}件",
        "Outside addresses visible in To and Cc: {}",
    ),
    (
        "recipients.visible_parties",
        "To・Ccに並んでいる、別々の社外の相手: {}件",
        "Separate outside parties who would see each other in To and Cc: {}",
    ),
    (
        "recipients.visible_personal",
        "To・Ccに見えている個人用（フリーメール・携帯）のアドレス: {}件",
        "Private (freemail or mobile) addresses visible in To and Cc: {}",
    ),
    (
        "recipients.bcc_field",
        "Bcc欄に残っている社外のアドレス: {}件",
        "Outside addresses left in the Bcc field: {}",
    ),
    ("recipients.domains", "社外の宛先のドメイン: {}", "Outside domains: {}"),
    (
        "recipients.freemail",
        "個人用（フリーメール・携帯）の宛先: {}件",
        "Private (freemail or mobile) recipients: {}",
    ),
    ("recipients.first_time", "初めて送る社外の宛先: {}件", "Outside recipients never written to before: {}"),
    (
        "recipients.nested_visible",
        "添付や引用の中に見えている社外の相手: {}件",
        "Outside parties visible in attached or quoted mail: {}",
    ),
    (
        "recipients.invited",
        "会議の招待に並んでいる社外の相手: {}件",
        "Outside people listed in the invitation: {}",
    ),
    ("attachments.names", "添付ファイル: {}", "Attachments: {}"),
    ("attachments.count", "添付ファイルの数: {}件", "Number of attachments: {}"),
    (
        "attachments.encrypted",
        "パスワード付きで中を確認できない添付: {}件",
        "Passworded attachments that cannot be read: {}",
    ),
    ("attachments.encrypted_names", "パスワード付きの添付: {}", "Passworded attachments: {}"),
    ("attachments.unreadable", "中を確認できない添付: {}件", "Attachments that cannot be read: {}"),
    (
        "recipients.lookalikes",
        "よく知られた、またはよく送るドメインと一文字違いか紛らわしい宛先: {}",
        "Recipients at a domain one slip from a well-known or often used one, or that looks like one: {}",
    ),
    (
        "recipients.own_private",
        "ご自身の私用とみられる宛先: {}件",
        "Recipients that look like your own private address: {}",
    ),
    ("attachments.hidden_sheets", "非表示のシート: {}枚", "Hidden sheets: {}"),
    ("attachments.hidden_cells", "非表示の行・列: {}", "Hidden rows and columns: {}"),
    ("attachments.hidden_text", "隠れた文字・スライド: {}か所", "Hidden words and slides: {}"),
    ("attachments.cached_data", "ファイルに残っている元データ: {}件", "Source data left in a file: {}"),
    ("personal.persons_min", "個人の情報: 少なくとも{}人分", "Personal data of at least {} persons"),
    ("personal.persons_est", "個人の情報: 約{}人分", "Personal data of about {} persons"),
    (
        "personal.hidden_persons",
        "非表示のシートなどにある個人の情報: {}人分",
        "Personal data on hidden sheets and the like: {} persons",
    ),
    (
        "personal.sensitive",
        "病気・福祉・成績など、特に配慮の要る情報があります",
        "It holds sensitive matters, such as health, welfare or marks",
    ),
    ("secrets.total", "パスワードや鍵: {}件", "Passwords and keys: {}"),
    (
        "labels.informants",
        "通報者・情報提供者に関わる言葉: {}",
        "Words around whistle-blowers and sources: {}",
    ),
    ("labels.found", "見つかった取扱い表示: {}", "Handling labels found: {}"),
    ("links.domains", "リンク先: {}", "Links to: {}"),
    (
        "links.form_results",
        "フォームの回答や編集画面へのリンク: {}件",
        "Links to a form's answers or its editor: {}",
    ),
    ("links.public_shares", "だれでも開ける共有リンク: {}件", "Shared links that anyone can open: {}"),
    (
        "history.same_recipients_recently",
        "同じ社外の宛先へのメールを、3日以内に止めたか直しています",
        "A mail to the same outside recipients was stopped or changed within the last three days",
    ),
    ("history.same_recipients_hours", "前のメールからの時間: {}時間", "Hours since that mail: {}"),
    (
        "history.split_recipients",
        "同じメールがすでに送られた社外の宛先: {}件",
        "Outside recipients that the same mail has already gone to: {}",
    ),
    (
        "history.case_open",
        "同じメールの別の宛先の分を保留しています",
        "Another part of the same mail is being held",
    ),
    (
        "history.recently_cancelled",
        "同じ宛先へのメールを、3日以内に取りやめています",
        "A mail to the same recipients was cancelled within the last three days",
    ),
    ("controls.expired", "期限が切れている対策: {}件", "Expired protection: {}"),
    ("controls.expired_names", "期限が切れている対策: {}", "Protection that has expired: {}"),
    ("controls.expiring_names", "期限が近い対策: {}", "Protection that expires soon: {}"),
];

/// What a subject line ends in: the first of these that the evidence holds.
pub const SUBJECTS: &[Words] = &[
    ("message.is_recall", "社外への送信取り消しメールです", "a recall that would reach people outside"),
    (
        "history.same_recipients_recently",
        "3日以内に止めたメールと同じ宛先です",
        "same recipients as a mail stopped within three days",
    ),
    ("personal.card", "カード番号が入っています", "payment card numbers in it"),
    ("personal.my_number", "マイナンバーが入っています", "individual numbers in it"),
    ("personal.hidden_persons", "非表示のシートに個人の情報があります", "personal data on hidden sheets"),
    ("personal.persons_min", "{}人分の個人の情報があります", "data of {} persons"),
    ("personal.persons_est", "約{}人分の個人の情報があります", "data of about {} persons"),
    ("secrets.password_table", "IDとパスワードの表があります", "a table of passwords in it"),
    ("secrets.password_pair", "IDとパスワードがあります", "a password in it"),
    ("secrets.private_key", "秘密鍵が入っています", "a private key in it"),
    ("recipients.visible_parties", "社外の{}件が宛先に並んでいます", "{} outside parties can see each other"),
    (
        "recipients.visible_external",
        "{}件の社外アドレスが宛先に見えています",
        "{} outside addresses are visible",
    ),
    (
        "recipients.nested_visible",
        "添付や引用に社外の{}件が見えています",
        "{} outside parties visible inside it",
    ),
    ("recipients.invited", "招待に社外の{}件が並んでいます", "{} outside people listed in an invitation"),
    ("recipients.bcc_field", "Bcc欄に社外の{}件が残っています", "{} outside addresses in its Bcc field"),
    ("labels.found", "取扱い表示「{}」があります", "marked \"{}\""),
    ("links.form_results", "フォームの回答が見えるリンクがあります", "links to the answers of a form"),
    ("links.public_shares", "だれでも開ける共有リンクがあります", "shared links that anyone can open"),
    ("attachments.encrypted", "中を確認できない添付があります", "an attachment that cannot be read"),
    ("message.uninspected", "中を確認できない部分があります", "a part that cannot be read"),
    ("message.ambiguous", "読むソフトによって違って見えます", "programs would show it differently"),
    ("message.defects", "形式に乱れがあります", "faults in its form"),
    ("sender.recent_messages", "1時間に{}通が送られています", "{} mails within an hour"),
    ("sender.recent_recipients", "1時間に社外の{}件へ送られています", "{} outside recipients within an hour"),
    ("recipients.external", "社外の{}件あてです", "{} outside recipients"),
];

/// Why a part could not be read, as the facts name it.
pub const REASONS: &[Words] = &[
    ("too-deep", "入れ子が深すぎる", "nested too deep"),
    ("too-many-parts", "部分が多すぎる", "too many parts"),
    ("header-too-large", "ヘッダーが大きすぎる", "header too large"),
    ("too-many-addresses", "アドレスが多すぎる", "too many addresses"),
    ("unknown-encoding", "知らない符号化", "unknown encoding"),
    ("bad-encoding", "符号化が壊れている", "broken encoding"),
    ("partial", "分割されたメール", "a fragment of a mail"),
    ("external-body", "中身が外部にある", "its content is elsewhere"),
    ("tnef", "Outlook独自の形式", "Outlook's own format"),
    ("encrypted", "パスワード付き", "passworded"),
    ("unreadable", "読めない形式", "unreadable"),
    ("not-a-zip", "zipとして読めない", "not readable as a zip"),
    ("other-kind", "名前と中身の種類が違う", "not the kind its name says"),
    ("cut-off-pdf", "途中で切れたPDF", "a PDF that is cut off"),
    ("not-pgp", "PGPとして読めない", "not readable as PGP"),
    ("broken", "壊れている", "damaged"),
    ("only a part of a message", "分割されたメールの一部", "a fragment of a mail"),
    ("no readable text", "画像だけで文字がない", "pictures without text"),
    ("over the limit of total_bytes", "全体が大きすぎる", "too large as a whole"),
    ("over the limit of file_bytes", "大きすぎる", "too large"),
    ("over the limit of ratio", "展開すると大きくなりすぎる", "unpacks to too much"),
    ("over the limit of depth", "入れ子が深すぎる", "nested too deep"),
    ("over the limit of parts", "部分が多すぎる", "too many parts"),
    ("over the limit of cells", "セルが多すぎる", "too many cells"),
    ("over the limit of time_ms", "読むのに時間がかかりすぎる", "takes too long to read"),
    ("not-smime", "S/MIMEとして読めない", "not readable as S/MIME"),
];
