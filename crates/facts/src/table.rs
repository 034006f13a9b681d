//! THE vocabulary of facts. One table makes everything: the typed [`Facts`] of a message, the
//! variables that a rule's condition may name, the checks when rules are loaded, `sekisho facts`
//! and `docs/facts.md`.

use super::value::{Kind, Read, Value};

/// One word of the vocabulary.
pub struct Fact {
    /// The part before the dot: `recipients`.
    pub group: &'static str,
    /// The part after the dot: `visible_parties`.
    pub name: &'static str,
    /// Both, as a condition writes them: `recipients.visible_parties`.
    pub path: &'static str,
    pub kind: Kind,
    /// How its values are shown in evidence.
    pub show: Show,
    /// What it means, in English.
    pub meaning: &'static str,
    /// What it means, in Japanese.
    pub meaning_ja: &'static str,
    /// A value, or a condition that uses it.
    pub example: &'static str,
    read: for<'a> fn(&'a Facts) -> Value<'a>,
}

impl Fact {
    /// This fact's value in `facts`.
    pub fn of<'a>(&self, facts: &'a Facts) -> Value<'a> {
        (self.read)(facts)
    }
}

impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.kind)
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

/// How the values of a fact are shown where people and logs see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Numbers, yes or no, domains, and words of a closed list.
    Whole,
    /// Texts of the message, which may name persons.
    Masked,
    /// `name (why)`: the name is masked, the reason is not.
    NameMasked,
}

/// One group of facts.
#[derive(Debug)]
pub struct Group {
    pub name: &'static str,
    pub meaning: &'static str,
    pub meaning_ja: &'static str,
}

macro_rules! rust_type {
    (count) => { i64 };
    (number) => { i64 };
    (yes_no) => { bool };
    (text) => { String };
    (names) => { Vec<String> };
    (terms) => { Vec<String> };
    (reasons) => { Vec<String> };
    (shown_text) => { String };
}

/// `count` is a number from 0, `number` one from -1 (-1: there is none). `terms` and `shown_text`
/// are values that evidence may show whole; `names` and `text` are masked there, and of `reasons` the names.
macro_rules! kind {
    (count) => {
        Kind::Int { min: 0 }
    };
    (number) => {
        Kind::Int { min: -1 }
    };
    (yes_no) => {
        Kind::Bool
    };
    (text) => {
        Kind::String
    };
    (shown_text) => {
        Kind::String
    };
    (names) => {
        Kind::List
    };
    (terms) => {
        Kind::List
    };
    (reasons) => {
        Kind::List
    };
}

macro_rules! show {
    (text) => {
        Show::Masked
    };
    (names) => {
        Show::Masked
    };
    (reasons) => {
        Show::NameMasked
    };
    ($other:ident) => {
        Show::Whole
    };
}

macro_rules! vocabulary {
    ($($group:ident: $Group:ident, $group_en:literal, $group_ja:literal {
        $($name:ident: $kind:ident, $en:literal, $ja:literal, $example:literal;)+
    })+) => {
        /// Everything the rules can ask about one message.
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
        pub struct Facts {
            $(#[doc = $group_en] pub $group: $Group,)+
        }

        $(
            #[doc = $group_en]
            #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
            pub struct $Group {
                $(#[doc = $en] pub $name: rust_type!($kind),)+
            }
        )+

        /// The groups, in the order in which they are told.
        pub static GROUPS: &[Group] = &[
            $(Group { name: stringify!($group), meaning: $group_en, meaning_ja: $group_ja },)+
        ];

        /// Every fact, group by group.
        pub static TABLE: &[Fact] = &[
            $($(Fact {
                group: stringify!($group),
                name: stringify!($name),
                path: concat!(stringify!($group), ".", stringify!($name)),
                kind: kind!($kind),
                show: show!($kind),
                meaning: $en,
                meaning_ja: $ja,
                example: $example,
                read: |facts| facts.$group.$name.read(),
            },)+)+
        ];
    };
}

vocabulary! {
    message: MessageFacts, "The message itself", "メール自体" {
        id: text, "Message-ID, without angle brackets; empty if there is none", "Message-ID（山括弧なし）", "message.id == \"\"";
        subject: text, "Subject, decoded", "件名（デコード済み）", "message.subject.contains(\"見積\")";
        size: count, "Size in bytes, as received", "サイズ（バイト）", "message.size > 20000000";
        is_recall: yes_no, "It asks to recall, or to disregard, an earlier message", "送信済みメールの取り消し（回収）である", "message.is_recall && recipients.external >= 1";
        is_reply: yes_no, "It answers an earlier message", "返信である", "!message.is_reply";
        is_forward: yes_no, "It forwards an earlier message", "転送である", "message.is_forward && recipients.freemail > 0";
        auto_submitted: yes_no, "A machine sent it (RFC 3834), such as an absence notice", "自動送信である", "!message.auto_submitted";
        is_report: yes_no, "It is a delivery report, a receipt or an automatic answer with the null sender, to the author of the mail that it returns", "元のメールを書いた人だけに返す配信エラー・開封通知・自動応答である", "!message.is_report";
        signed: yes_no, "It is signed (S/MIME or PGP)", "電子署名がある", "message.signed";
        encrypted: yes_no, "The message as a whole is encrypted (S/MIME or PGP)", "メール全体が暗号化されている", "message.encrypted && recipients.external > 0";
        defects: terms, "Faults of form, by name", "形式上の欠陥の名前", "\"duplicate-from\" in message.defects";
        ambiguous: yes_no, "One of the defects lets two readers see different mail", "読み手によって見え方が変わりうる欠陥がある", "message.ambiguous";
        uninspected: reasons, "Parts that could not be read, files inside others too: their name and why", "検査できなかった部分（中のファイルを含む。名前と理由）", "size(message.uninspected) > 0";
    }
    sender: SenderFacts, "Who sends it", "差出人" {
        address: text, "Envelope sender; empty for the null sender", "エンベロープの差出人（空送信者なら空）", "sender.address == \"news@city.example.jp\"";
        domain: shown_text, "Domain of the envelope sender, lower case", "エンベロープの差出人のドメイン", "sender.domain == \"city.example.jp\"";
        header_from: names, "Addresses in From", "Fromのアドレス", "size(sender.header_from) > 1";
        is_null: yes_no, "The envelope sender is null (a bounce or a notice)", "空送信者（エラー通知など）である", "!sender.is_null";
        author_outside: yes_no, "The author (From) is outside, and the mail is a post through a list, a forward or a redirect: its To and Cc are the author's", "組織の外の人が書き、メーリングリストや転送で通るだけのメールである", "!sender.author_outside";
        internal: yes_no, "The envelope sender is at one of the organisation's domains", "差出人が組織のドメインである", "!sender.internal && !sender.is_null";
        authenticated: yes_no, "The client authenticated, here or at the server before", "送信者認証を経ている", "!sender.authenticated";
        client_ip: text, "Address of the client; empty where there is none", "接続元のIPアドレス", "sender.client_ip.startsWith(\"192.0.2.\")";
        new_client: yes_no, "This sender has written before, but never from this client", "この差出人が初めて使う接続元である", "sender.new_client && recipients.first_time >= 5";
        recent_messages: count, "Messages of this sender in the last hour, without this one", "直近1時間の送信数（このメールを除く）", "sender.recent_messages >= 100";
        recent_recipients: count, "Outside recipients of this sender in the last hour, without this message", "直近1時間の外部宛先数（このメールを除く）", "sender.recent_recipients >= 200";
        recent_first_time: count, "Of these, the ones never written to before", "うち、それまで送ったことのない宛先数", "sender.recent_first_time >= 30";
    }
    recipients: RecipientsFacts, "Who gets it, and who sees whom", "宛先" {
        total: count, "Distinct addresses in the envelope or in To, Cc, Resent-To and Resent-Cc", "宛先の総数", "recipients.total > 500";
        internal: count, "Of these, the organisation's own", "うち組織内の宛先数", "recipients.internal == 0";
        external: count, "Of these, the ones outside", "うち外部の宛先数", "recipients.external >= 30";
        envelope_external: count, "Outside addresses in the envelope", "エンベロープにある外部の宛先数", "recipients.envelope_external > 0";
        visible_external: count, "Outside addresses that every reader sees in To, Cc, Resent-To or Resent-Cc", "To・Ccで全員に見える外部アドレス数", "recipients.visible_external >= 20";
        visible_parties: count, "Outside parties that every reader sees in To and Cc: a company counts once, however many of its people are addressed; at freemail and carrier domains every address counts", "To・Ccで全員に見える外部の相手の数（会社は1、フリーメール・携帯は1アドレスごとに1）", "recipients.visible_parties >= 10";
        visible_personal: count, "Visible outside addresses at freemail and carrier domains", "To・Ccで見えるフリーメール・携帯アドレスの数", "recipients.visible_personal >= 5";
        bcc_field: count, "Outside addresses in a Bcc field that would leave with the message", "送信されてしまうBcc欄にある外部アドレス数", "recipients.bcc_field > 0";
        bcc_fields: count, "Bcc fields that would leave with the message, whomever they name", "送信されてしまうBcc欄の数（あて先が組織内や名前だけでも数える）", "recipients.bcc_fields > 0";
        domains: terms, "Domains of the outside addresses", "外部の宛先のドメイン", "\"example.com\" in recipients.domains";
        freemail: count, "Outside addresses at freemail and carrier domains", "外部の宛先のうちフリーメール・携帯のアドレス数", "recipients.freemail > 0";
        first_time: count, "Outside addresses that this sender never wrote to before", "この差出人が初めて送る外部の宛先数", "recipients.first_time >= 10";
        nested_visible: count, "The most outside parties shown at once inside: in an attached message, a quoted header or an invitation", "添付メール・引用ヘッダー・招待の中で見える外部の相手の数（最大）", "recipients.nested_visible >= 10";
        lookalikes: terms, "Domains of outside addresses that are one slip from, or look like, a freemail or carrier domain, a partner's, one's own or one that is often written to, and are none", "フリーメール・携帯・取引先・自組織・よく送る相手のドメインに似た別のドメイン", "size(recipients.lookalikes) > 0";
        own_private: count, "Freemail and carrier addresses that look like the sender's own", "差出人自身の私用とみられるアドレス数", "recipients.own_private > 0 && attachments.count > 0";
        invited_parties: count, "Outside parties among the attendees that an invitation shows to all, counted as in visible_parties", "招待に載った外部の相手の数（数え方は visible_parties と同じ）", "recipients.invited_parties >= 10";
        invited: count, "Outside attendees that an invitation shows to all", "招待（カレンダー）に載った外部の参加者数", "recipients.invited >= 10";
    }
    attachments: AttachmentsFacts, "What is attached", "添付ファイル" {
        count: count, "Attachments", "添付ファイル数", "attachments.count > 0";
        names: names, "Their file names, decoded", "ファイル名（デコード済み）", "attachments.names.exists(n, n.endsWith(\".xlsx\"))";
        types: terms, "Their media types, lower case", "メディアタイプ", "\"application/zip\" in attachments.types";
        encrypted: count, "Attachments under a password or a key", "暗号化・パスワード付きの添付数", "attachments.encrypted > 0";
        encrypted_names: names, "Their file names", "暗号化された添付のファイル名", "attachments.encrypted_names.exists(n, n.endsWith(\".zip\"))";
        unreadable: count, "Files that are broken, beyond the limits, or of a type that is not read; ones inside others too", "壊れている、上限を超える、または未対応の形式で読めないファイル数（中のファイルを含む）", "attachments.unreadable > 0";
        pictures: count, "Documents of pictures alone, such as scans, whose text was not read; message.uninspected names them too", "スキャンなど画像だけで文字を読めない文書の数（message.uninspectedにも載る）", "size(message.uninspected) > attachments.pictures";
        inner_names: names, "Names of the files inside attachments", "添付の中のファイル名", "attachments.inner_names.exists(n, n.contains(\"名簿\"))";
        mismatched: count, "Files whose name says another type than their bytes", "名前と中身の形式が違うファイル数", "attachments.mismatched > 0";
        hidden_sheets: count, "Hidden sheets in workbooks", "非表示のシート数", "attachments.hidden_sheets > 0 && personal.persons_est > 0";
        hidden_cells: count, "Hidden rows and columns in workbooks", "非表示の行・列の数", "attachments.hidden_cells > 0 && personal.persons_est > 0";
        hidden_text: count, "Hidden slides, and texts that a reader does not see", "非表示のスライド・文字の数", "attachments.hidden_text > 0";
        comments: count, "Comments in documents", "コメントの数", "attachments.comments > 0";
        tracked_changes: count, "Tracked insertions and deletions in documents", "変更履歴の数", "attachments.tracked_changes > 0";
        cached_data: count, "Copies of source data that a workbook keeps for pivot tables and outside links", "ピボットテーブルなどに残る元データの数", "attachments.cached_data > 0";
        macros: count, "Files with macros", "マクロを含むファイル数", "attachments.macros > 0";
    }
    personal: PersonalFacts, "Personal data in the text, the attachments and whatever is inside them", "本文・添付・その中身にある個人情報" {
        persons_min: count, "Persons, counted strictly: whoever may be the same is the same", "個人の人数（少なく見積もった数）", "personal.persons_min > 100";
        persons_est: count, "Persons, as far as one can tell", "個人の人数（推定）", "personal.persons_est >= 10";
        persons_max: count, "Persons, where everything that may be another is another", "個人の人数（多く見積もった数）", "personal.persons_max > 1000";
        hidden_persons: count, "Persons on hidden sheets, which the sender may not know of", "非表示シートにある個人の人数", "personal.hidden_persons > 0";
        sensitive_persons: count, "Persons, told by name alone or more, beside an illness, a disability, a benefit, a crime or a creed", "病気・障害・福祉・犯罪などの事柄とともに書かれた人の数（氏名だけでも数える）", "personal.sensitive_persons >= 1";
        sensitive: yes_no, "Something that the law calls sensitive (要配慮個人情報), or marks of pupils, stands beside a person", "要配慮個人情報や成績が個人とともに書かれている", "personal.sensitive && personal.persons_est >= 1";
        sensitive_kinds: terms, "Which: medical, disability, welfare, crime, creed, nationality, assessment", "その種類", "\"medical\" in personal.sensitive_kinds";
        financial: yes_no, "Something that can do harm to a purse: a card, a My Number, a bank account", "財産的被害のおそれがある情報（カード・マイナンバー・口座）がある", "personal.financial";
        person_name: count, "Name of a person: distinct ones", "人名の数（重複を除く）", "personal.person_name > 0";
        name_kana: count, "Reading of a person's name: distinct ones", "人名のよみの数（重複を除く）", "personal.name_kana > 0";
        birth_date: count, "Date of birth: distinct ones", "生年月日の数（重複を除く）", "personal.birth_date > 0";
        address: count, "Postal address down to the number: distinct ones", "住所の数（重複を除く）", "personal.address > 0";
        postal_code: count, "Japanese postal code: distinct ones", "郵便番号の数（重複を除く）", "personal.postal_code > 0";
        phone: count, "Telephone number: distinct ones", "電話番号の数（重複を除く）", "personal.phone > 0";
        mail_address: count, "Mail address: distinct ones", "メールアドレス（本文・ファイル中）の数（重複を除く）", "personal.mail_address > 0";
        my_number: count, "Individual number (個人番号, マイナンバー): distinct ones", "マイナンバー（個人番号）の数（重複を除く）", "personal.my_number > 0";
        resident_record_code: count, "Resident record code (住民票コード): distinct ones", "住民票コードの数（重複を除く）", "personal.resident_record_code > 0";
        driving_licence: count, "Japanese driving licence number: distinct ones", "運転免許証番号の数（重複を除く）", "personal.driving_licence > 0";
        insurer_number: count, "Health insurer's number (保険者番号): distinct ones", "保険者番号の数（重複を除く）", "personal.insurer_number > 0";
        insured_number: count, "Insured person's symbol and number (被保険者証 記号・番号): distinct ones", "被保険者証の記号・番号の数（重複を除く）", "personal.insured_number > 0";
        pension_number: count, "Basic pension number (基礎年金番号): distinct ones", "基礎年金番号の数（重複を除く）", "personal.pension_number > 0";
        employment_insurance_number: count, "Employment insurance number (雇用保険被保険者番号): distinct ones", "雇用保険被保険者番号の数（重複を除く）", "personal.employment_insurance_number > 0";
        passport_jp: count, "Japanese passport number: distinct ones", "日本の旅券番号の数（重複を除く）", "personal.passport_jp > 0";
        residence_card: count, "Residence card number (在留カード): distinct ones", "在留カード番号の数（重複を除く）", "personal.residence_card > 0";
        passport_mrz: count, "Machine-readable zone of a passport: distinct ones", "旅券の機械読取領域の数（重複を除く）", "personal.passport_mrz > 0";
        us_ssn: count, "US Social Security number: distinct ones", "米国の社会保障番号の数（重複を除く）", "personal.us_ssn > 0";
        uk_nino: count, "UK National Insurance number: distinct ones", "英国の国民保険番号の数（重複を除く）", "personal.uk_nino > 0";
        uk_nhs: count, "UK NHS number: distinct ones", "英国のNHS番号の数（重複を除く）", "personal.uk_nhs > 0";
        in_aadhaar: count, "Indian Aadhaar number: distinct ones", "インドのAadhaar番号の数（重複を除く）", "personal.in_aadhaar > 0";
        es_dni: count, "Spanish DNI: distinct ones", "スペインのDNIの数（重複を除く）", "personal.es_dni > 0";
        es_nie: count, "Spanish NIE: distinct ones", "スペインのNIEの数（重複を除く）", "personal.es_nie > 0";
        it_codice_fiscale: count, "Italian codice fiscale: distinct ones", "イタリアの納税者番号の数（重複を除く）", "personal.it_codice_fiscale > 0";
        fr_nir: count, "French NIR: distinct ones", "フランスのNIRの数（重複を除く）", "personal.fr_nir > 0";
        de_idnr: count, "German tax identification number: distinct ones", "ドイツの納税者番号の数（重複を除く）", "personal.de_idnr > 0";
        br_cpf: count, "Brazilian CPF: distinct ones", "ブラジルのCPFの数（重複を除く）", "personal.br_cpf > 0";
        kr_rrn: count, "Korean resident registration number: distinct ones", "韓国の住民登録番号の数（重複を除く）", "personal.kr_rrn > 0";
        cn_id: count, "Chinese resident identity number: distinct ones", "中国の居民身分証番号の数（重複を除く）", "personal.cn_id > 0";
        sg_nric: count, "Singaporean NRIC or FIN: distinct ones", "シンガポールのNRIC・FINの数（重複を除く）", "personal.sg_nric > 0";
        au_tfn: count, "Australian tax file number: distinct ones", "オーストラリアの納税者番号の数（重複を除く）", "personal.au_tfn > 0";
        au_medicare: count, "Australian Medicare number: distinct ones", "オーストラリアのメディケア番号の数（重複を除く）", "personal.au_medicare > 0";
        ca_sin: count, "Canadian social insurance number: distinct ones", "カナダの社会保険番号の数（重複を除く）", "personal.ca_sin > 0";
        card: count, "Payment card number: distinct ones", "クレジットカード番号の数（重複を除く）", "personal.card > 0";
        card_security_code: count, "Card security code or expiry: distinct ones", "カードのセキュリティコード・有効期限の数（重複を除く）", "personal.card_security_code > 0";
        iban: count, "International bank account number: distinct ones", "IBAN（国際銀行口座番号）の数（重複を除く）", "personal.iban > 0";
        bank_account: count, "Japanese bank account: distinct ones", "銀行口座番号の数（重複を除く）", "personal.bank_account > 0";
        yucho_account: count, "Japan Post Bank account (記号・番号): distinct ones", "ゆうちょ口座の記号・番号の数（重複を除く）", "personal.yucho_account > 0";
        patient_number: count, "Patient number: distinct ones", "患者番号・診察券番号の数（重複を除く）", "personal.patient_number > 0";
        pupil_number: count, "Pupil, student or candidate number: distinct ones", "学籍番号・受験番号の数（重複を除く）", "personal.pupil_number > 0";
        resident_number: count, "Addressee, household or filing number of a municipality: distinct ones", "宛名番号・世帯番号など自治体の番号の数（重複を除く）", "personal.resident_number > 0";
        staff_number: count, "Staff number: distinct ones", "職員番号・社員番号の数（重複を除く）", "personal.staff_number > 0";
        member_number: count, "Member or customer number: distinct ones", "会員番号・顧客番号の数（重複を除く）", "personal.member_number > 0";
    }
    secrets: SecretsFacts, "Keys and passwords in the text, the attachments and whatever is inside them", "本文・添付・その中身にある鍵やパスワード" {
        total: count, "All of them together", "合計", "secrets.total > 0";
        private_key: count, "Private key: distinct ones", "秘密鍵の数（重複を除く）", "secrets.private_key > 0";
        cloud_key: count, "Access key of a cloud: distinct ones", "クラウドのアクセスキーの数（重複を除く）", "secrets.cloud_key > 0";
        repository_token: count, "Token of a code host or package registry: distinct ones", "コード管理・パッケージ公開のトークンの数（重複を除く）", "secrets.repository_token > 0";
        service_token: count, "Token of a messaging, payment or other service: distinct ones", "各種サービスのトークンの数（重複を除く）", "secrets.service_token > 0";
        jwt: count, "Signed JSON web token: distinct ones", "署名付きトークン（JWT）の数（重複を除く）", "secrets.jwt > 0";
        connection_string: count, "Connection string with a password: distinct ones", "パスワード入りの接続文字列の数（重複を除く）", "secrets.connection_string > 0";
        password_pair: count, "ID with its password: distinct ones", "IDとパスワードの組の数（重複を除く）", "secrets.password_pair > 0";
        password_table: count, "Row of a table of ids and passwords: distinct ones", "IDとパスワードの表の行の数（重複を除く）", "secrets.password_table > 0";
    }
    labels: LabelsFacts, "Marks of confidentiality", "機密表示" {
        found: terms, "Marks in the subject, in file names, and set as a mark in texts, page headers and footers; in their usual spelling", "件名・ファイル名・本文・ヘッダー・フッターにある機密表示", "size(labels.found) > 0";
        informants_named: count, "How often a name stands where a whistle-blower or a source is told", "通報者・取材源として名前が書かれている回数", "labels.informants_named > 0";
        informants: terms, "Words around whistle-blowers and sources in the texts", "公益通報・取材源などに関わる言葉", "size(labels.informants) > 0 && personal.persons_est >= 1";
    }
    links: LinksFacts, "Links in the texts", "本文・添付中のリンク" {
        count: count, "Distinct links", "リンク数（重複を除く）", "links.count > 50";
        domains: terms, "Hosts they lead to", "リンク先のホスト名", "links.domains.exists(d, d.endsWith(\".example\"))";
        form_results: count, "Links to the answers or the editing page of an online form", "フォームの回答・編集画面へのリンク数", "links.form_results > 0";
        public_shares: count, "Links that open a shared file or folder for whoever has them", "リンクを知る全員が開ける共有へのリンク数", "links.public_shares > 0";
    }
    history: HistoryFacts, "What went before", "履歴" {
        same_recipients_recently: yes_no, "A mail to this outside list was held, rewritten or recalled within 72 hours", "72時間以内に、同じ外部宛先へのメールが保留・書き換え・取り消しされた", "history.same_recipients_recently";
        same_recipients_hours: number, "Hours since then; -1 if never", "その後の経過時間（時間、なければ-1）", "history.same_recipients_hours >= 0 && history.same_recipients_hours < 24";
        split_recipients: count, "Outside recipients of other transactions of this Message-ID, not of this one", "同じMessage-IDで別に送られた外部の宛先数", "recipients.external + history.split_recipients >= 30";
        case_open: yes_no, "A case of this Message-ID and sender is waiting", "同じMessage-IDの保留がまだ解決していない", "history.case_open";
        recently_cancelled: yes_no, "The sender cancelled a mail to this outside list within 72 hours", "72時間以内に、同じ外部宛先へのメールを差出人が取りやめた", "history.recently_cancelled";
    }
    controls: ControlsFacts, "The things that this organisation's safety depends on", "監視対象の対策" {
        expired: count, "Controls past their date for which Sekisho takes over", "期限が切れ、関所が代わりを務める対策の数", "controls.expired > 0";
        expired_names: terms, "Their names", "その名前", "\"forced-bcc gateway licence\" in controls.expired_names";
        expiring_days: number, "Days to the next expiry of any control; -1 if there is none", "次に期限が来るまでの日数（なければ-1）", "controls.expiring_days == 0";
        expiring_names: terms, "Controls within their first day of warning", "期限の警告期間に入った対策の名前", "size(controls.expiring_names) > 0";
    }
}

/// The fact that a condition writes as `group.name`.
pub fn find(group: &str, name: &str) -> Option<&'static Fact> {
    TABLE.iter().find(|f| f.group == group && f.name == name)
}

/// Whether `name` is a group of facts.
pub fn is_group(name: &str) -> bool {
    GROUPS.iter().any(|g| g.name == name)
}

impl Facts {
    /// What was not inspected: the parts that could not be read, and the files under a password or a key.
    pub fn not_inspected(&self) -> Vec<String> {
        let locked = self.attachments.encrypted_names.iter().map(|n| format!("{n} (encrypted)"));
        self.message.uninspected.iter().cloned().chain(locked).collect()
    }

    /// The facts nested by group, in the order of the table.
    pub fn to_json(&self) -> serde_json::Value {
        let groups = GROUPS.iter().map(|group| {
            let facts = TABLE.iter().filter(|f| f.group == group.name);
            let values = facts.map(|f| (f.name.to_string(), json(f.of(self))));
            (group.name.to_string(), serde_json::Value::Object(values.collect()))
        });
        serde_json::Value::Object(groups.collect())
    }
}

fn json(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Int(n) => n.into(),
        Value::Bool(b) => b.into(),
        Value::String(s) => s.into(),
        Value::List(l) => l.iter().map(String::as_str).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_unique_and_told_in_both_languages() {
        let mut paths: Vec<_> = TABLE.iter().map(|f| f.path).collect();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), TABLE.len());
        for fact in TABLE {
            assert!(!fact.meaning.is_empty() && !fact.meaning_ja.is_empty(), "{fact:?}");
            assert!(fact.example.contains(fact.path), "{fact:?}: {}", fact.example);
        }
    }

    #[test]
    fn json_is_what_serde_says_of_the_structs() {
        let mut facts = Facts::default();
        facts.recipients.visible_parties = 105;
        facts.message.subject = "お知らせ".into();
        facts.labels.found = vec!["社外秘".into()];
        facts.message.is_recall = true;
        let json = facts.to_json();
        assert_eq!(json, serde_json::to_value(&facts).unwrap());
        assert_eq!(json["recipients"]["visible_parties"], 105);
        assert_eq!(json["labels"]["found"][0], "社外秘");
    }

    #[test]
    fn facts_are_found_by_their_path() {
        assert_eq!(find("links", "count").unwrap().path, "links.count");
        assert!(find("links", "visible_parties").is_none());
        assert!(is_group("controls") && !is_group("control"));
    }
}
