//! The word lists that are looked for everywhere, in one automaton: labels that say what a number
//! is, words that say what it is not, sensitive matters, informants, confidentiality, secrets.

use std::sync::LazyLock;

use aho_corasick::automaton::Automaton as _;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, Input, Match, MatchKind, StartKind};

use super::candidates::{Sought, Stops, Sweep};
use super::chars;
use super::findings::Sensitive;
use super::kinds::Kind;
use super::tokens::TOKENS;

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// What follows is of this kind.
    Label(Kind),
    /// What follows is no identifier: an order, a parcel, a product.
    Negative,
    /// What follows is where customers call: a business number.
    Enquiry,
    Sensitive(Sensitive),
    Informant,
    Confidential,
    /// The prefix of a key or token.
    Key,
    /// What follows is a password.
    Password,
    /// What follows is the id that a password belongs to.
    Login,
    /// What follows behind a colon is a name, in a language where the word alone says less.
    NameLabel,
    /// A title or form of address: a name may follow.
    Title,
    /// An honorific of Korean or Chinese: a name may stand before it.
    After,
    /// An era: a date may follow.
    Era,
    /// A longer word that would be misread as one of the others.
    Nothing,
}

/// A word in a normalised text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub word: Word,
}

use Sensitive as S;
use Word::*;

const WORDS: &[(Word, &str)] = &[
    (Label(Kind::MyNumber), "マイナンバー|個人番号|my number|mynumber"),
    (Label(Kind::ResidentCode), "住民票コード"),
    (
        Label(Kind::DrivingLicence),
        "免許証番号|運転免許|免許番号|免許証|driver's license|driving licence|driver license",
    ),
    (Label(Kind::InsurerNumber), "保険者番号|保険者no"),
    (Label(Kind::InsuredNumber), "被保険者番号|被保険者証|保険証番号|保険証記号|保険証の記号|保険証"),
    (Label(Kind::PensionNumber), "基礎年金番号|年金番号|年金手帳"),
    (Label(Kind::EmploymentInsurance), "雇用保険被保険者番号|雇用保険番号|雇用保険"),
    (Label(Kind::PassportJp), "旅券番号|旅券|パスポート番号|パスポート|passport"),
    (Label(Kind::ResidenceCard), "在留カード番号|在留カード"),
    (Label(Kind::UsSsn), "ssn|social security number|social security no|social security"),
    (Label(Kind::UkNino), "national insurance|nino|ni number"),
    (Label(Kind::UkNhs), "nhs number|nhs no|nhs"),
    (Label(Kind::InAadhaar), "aadhaar|aadhar|uidai"),
    (Label(Kind::EsDni), "dni|nif"),
    (Label(Kind::EsNie), "nie"),
    (Label(Kind::ItCodiceFiscale), "codice fiscale"),
    (Label(Kind::FrNir), "nir|sécurité sociale|numéro de sécu"),
    (
        Label(Kind::DeIdnr),
        "steuer-id|steuer-idnr|steueridentifikationsnummer|steuerliche identifikationsnummer|idnr",
    ),
    (Label(Kind::BrCpf), "cpf"),
    (Label(Kind::KrRrn), "rrn|주민등록번호|resident registration"),
    (Label(Kind::CnId), "身份证号码|身份证|居民身份证"),
    (Label(Kind::SgNric), "nric|fin"),
    (Label(Kind::AuTfn), "tfn|tax file number"),
    (Label(Kind::AuMedicare), "medicare"),
    (Label(Kind::CaSin), "social insurance number|social insurance|sin|sin number"),
    (
        Label(Kind::Card),
        "クレジットカード番号|カード番号|クレジットカード|クレカ|card number|card no|credit card|debit card",
    ),
    (
        Label(Kind::CardSecurityCode),
        "セキュリティコード|cvv2|cvv|cvc|有効期限|security code|expiry|exp date|exp.",
    ),
    (
        Label(Kind::BankAccount),
        "口座番号|普通預金|当座預金|普通口座|普通|当座|口座|account number|bank account",
    ),
    (Label(Kind::YuchoAccount), "ゆうちょ銀行|ゆうちょ|記号番号|記号・番号|記号"),
    (
        Label(Kind::PatientNumber),
        "患者番号|患者id|カルテ番号|カルテno|診察券番号|patient id|patient no|medical record number|mrn",
    ),
    (Label(Kind::PupilNumber), "学籍番号|学生番号|出席番号|受験番号|student id|student number"),
    (Label(Kind::ResidentNumber), "宛名番号|世帯番号"),
    (Label(Kind::StaffNumber), "職員番号|社員番号|従業員番号|employee id|employee number"),
    (Label(Kind::MemberNumber), "会員番号|会員id|お客様番号|顧客番号|member id|customer id"),
    (
        Label(Kind::Phone),
        "電話番号|電話|携帯番号|携帯電話|携帯|連絡先|tel|phone|mobile|cell|telephone|téléphone|tél|telefon|teléfono|telefono|telefone|mobiltelefon|handynummer|mobilnummer|móvil|celular|cellulare|전화번호|전화|휴대폰|手机|电话|手機|電話|điện thoại|โทร|whatsapp|fax|直通|ケータイ",
    ),
    (
        Label(Kind::BirthDate),
        "生年月日|誕生日|出生日|生年|né le|née le|geboren am|geburtsdatum|geburtstag|geboren|fecha de nacimiento|nacido el|nacida el|data di nascita|nato il|nata il|data de nascimento|nascido em|nascida em|date de naissance|생년월일|생일|出生日期|ngày sinh|วันเกิด|geboortedatum|d.o.b.|birth|date of birth|birth date|birthdate|birthday|dob|born on|born",
    ),
    (
        Label(Kind::Address),
        "ご住所|現住所|住所|本籍地|本籍|居所|お住まい|送付先|お届け先|home address|address|adresse|anschrift|wohnhaft|domicile|dirección|domicilio|indirizzo|endereço|주소|地址|địa chỉ|ที่อยู่",
    ),
    (
        Label(Kind::PersonName),
        "ご氏名|氏名|お名前|名前|患者名|生徒名|児童名|園児名|保護者名|契約者名|申請者名|申込者名|参加者名|受取人|口座名義人|口座名義|名義人|名義|契約者|申込者|申請者|被保険者名|世帯主|full name|patient name|customer name|name",
    ),
    (Label(Kind::NameKana), "フリガナ|ふりがな|カナ氏名|氏名カナ|カナ"),
    (Label(Kind::PostalCode), "〒|郵便番号"),
    (
        Negative,
        "追跡番号|追跡|お問い合わせ番号|お問合せ番号|問い合わせ番号|お問い合わせ伝票|伝票番号|伝票|送り状番号|送り状|注文番号|注文|発注番号|発注|受注|請求書番号|請求番号|請求書|商品番号|商品コード|商品|型番|品番|製品番号|製品|シリアル|管理番号|受付番号|案件番号|jan|isbn|issn|バーコード|法人番号|登録番号|インボイス|tracking|order|invoice|serial|part no|sku|model|version|団体コード|市区町村コード|会議id|ミーティングid|meeting id|チケット|契約番号|request id|見積番号|見積|ロット|図面|物件番号|予約番号|整理番号|問合せ番号|決済番号|取引番号|トランザクション|transaction|reference|ref no|ticket|id=|uid=|timestamp|ログ|レコードid|記事番号",
    ),
    (
        Enquiry,
        "お問い合わせ先|お問い合わせ|お問合せ先|お問合せ|問い合わせ先|問合せ先|問合先|問い合わせ|代表電話|代表番号|フリーダイヤル|サポート窓口|窓口|hotline|コールセンター|会場|アクセス",
    ),
    (
        Sensitive(S::Medical),
        "病名|傷病名|診断名|診断書|診断結果|既往歴|病歴|服薬|処方|投薬|手術|入院|通院|陽性|アレルギー|がん治療|癌|糖尿病|うつ病|鬱病|統合失調症|精神疾患|てんかん|妊娠|透析|カルテ|主治医|診断されました|と診断|診断を受け|の診断|高ストレス|休職を要|要休職|病気休暇|病気休職|うつ状態|抑うつ|適応障害|パニック障害|双極性障害|認知症|乳がん|肺がん|胃がん|大腸がん|白血病|脳梗塞|心筋梗塞|結核|肝炎|hiv|エイズ|梅毒|流産|不妊治療|要精密検査|要再検査|ストレスチェックの結果|健診結果|健康診断の結果|検査結果は陽性|diagnosis|diagnosed|medical history|hiv positive|hiv-positive|schizophrenia|bipolar disorder|on sick leave for|suffers from|clinical depression|cancer treatment",
    ),
    (
        Sensitive(S::Disability),
        "障害者手帳|療育手帳|身体障害|知的障害|精神障害|発達障害|障害等級|障害支援区分|障害年金|障がい|障害者|自閉症|adhd|学習障害|聴覚障害|視覚障害|人工透析|disability|disabled|autism",
    ),
    (
        Sensitive(S::Welfare),
        "生活保護|要介護|要支援|介護認定|介護度|児童扶養手当|就学援助|滞納|生保受給|受給者|welfare benefits|on welfare",
    ),
    (
        Sensitive(S::Crime),
        "前科|犯罪歴|犯歴|逮捕歴|犯罪被害|dv被害|虐待|保護観察|少年院|補導歴|逮捕され|起訴され|有罪判決|服役|保釈|性被害|性的被害|ストーカー被害|いじめの被害|criminal record|was arrested|was convicted|sexual assault",
    ),
    (Sensitive(S::Creed), "信条|信仰|宗教|支持政党|労働組合員|religion"),
    (Sensitive(S::Nationality), "国籍|在留資格|人種|民族|ethnicity"),
    (Sensitive(S::Assessment), "成績|評定|偏差値|通知表|内申|人事評価|人事考課|懲戒処分|面談記録|指導記録"),
    (
        Informant,
        "公益通報者|公益通報|内部通報者|内部通報|通報者|情報提供者|取材源|内部告発者|内部告発|告発者|情報源|密告者|通報したのは|通報をしたのは|告発したのは|情報提供をしたのは|情報を提供したのは|苦情を申し立てたのは|苦情を言ってきたのは|苦情の申立人|相談者は|リーク元|whistleblower|whistle-blower|confidential source|informant|the source is|the complaint was filed by|was reported by|the leak came from|tipped off by",
    ),
    (
        Confidential,
        "社外秘|部外秘|極秘|取扱注意|取り扱い注意|取扱い注意|機密性2情報|機密性3情報|機密性2|機密性3|関係者外秘|関係者限り|厳秘|マル秘|㊙|strictly confidential|company confidential|confidential|internal use only|tlp:red|tlp:amber|tlp: red|tlp: amber",
    ),
    (
        Key,
        "-----BEGIN |PuTTY-User-Key-File|eyJ|://|hooks.slack.com/services/|aws_secret_access_key|secretaccesskey|Pwd=|Password=",
    ),
    (Password, "パスワード|password|passwd|passphrase|暗証番号|pw|pwd|pass|パス"),
    (
        Login,
        "ログインid|ユーザーid|ユーザid|ユーザー名|ユーザ名|アカウント名|アカウント|ログイン名|login id|user id|user name|username|userid|login|user|account|id",
    ),
    (
        NameLabel,
        "patient|client|tenant|employee|applicant|vorname|nachname|nom|nombre|nome|nom complet|nombre completo|성명|이름|姓名|họ tên|họ và tên|ชื่อ|naam|namn|resident|guardian|student|pupil|member|customer|paciente|patientin|mitarbeiter|kunde",
    ),
    (
        Title,
        "mr.|mrs.|ms.|miss|dr.|prof.|mr|mrs|ms|dr|herr|herrn|frau|monsieur|madame|mademoiselle|mme|mlle|señor|señora|sr.|sra.|srta.|signor|signora|signorina|sig.|sig.ra|senhor|senhora|คุณ",
    ),
    (After, "씨|님|女士|小姐"),
    (Era, "明治|大正|昭和|平成|令和"),
    (
        Nothing,
        "脆弱性診断|セキュリティ診断|経営診断|システム障害|通信障害|回線障害|障害対応|障害報告|障害者雇用|情報処理|参照|お名前.com|ファイル名|件名|会社名|商品名|製品名|domain name|file name|filename|hostname|host name|user agent|成績優秀|好成績|ありがとう|パスポートサイズ|カレンダー|普通郵便|パスワードは別|別途パスワード|コンパス|バイパス|パスタ|パスポートセンター|order by|in order",
    ),
];

struct Automaton {
    search: DFA,
    sought: Sought,
    words: Vec<Word>,
    /// Whether the pattern begins, and ends, in an ASCII letter or digit, and so needs a boundary.
    edges: Vec<(bool, bool)>,
}

/// Every word that is looked for, with what it says: the lists above and the prefixes of the tokens.
fn all_words() -> impl Iterator<Item = (Word, &'static str)> {
    let listed = WORDS.iter().flat_map(|(word, list)| list.split('|').map(|pattern| (*word, pattern)));
    listed.chain(TOKENS.iter().map(|token| (Key, token.prefix)))
}

static AUTOMATON: LazyLock<Option<Automaton>> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let (mut words, mut edges) = (Vec::new(), Vec::new());
    for (word, pattern) in all_words() {
        {
            patterns.push(pattern);
            words.push(word);
            let alnum = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
            let bytes = pattern.as_bytes();
            let begins = alnum(bytes.first());
            edges.push((begins, alnum(bytes.last()) && word != Key));
        }
    }
    let search = DFA::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .start_kind(StartKind::Anchored)
        .ascii_case_insensitive(true)
        .build(&patterns)
        .ok()?;
    Some(Automaton { search, sought: Sought::of(patterns.iter().copied()), words, edges })
});

impl Automaton {
    /// The longest word at the first of the places, from one on, where one begins.
    fn next(&self, text: &str, places: &mut Sweep<'_>, from: usize) -> Option<Match> {
        for place in places.filter(|place| *place >= from) {
            let here = Input::new(text).range(place..).anchored(Anchored::Yes);
            if let Ok(Some(found)) = self.search.try_find(&here) {
                return Some(found);
            }
        }
        None
    }
}

/// All words of a normalised text, in order, not overlapping.
pub fn find(text: &str) -> Vec<Found> {
    find_with_stops(text).0
}

/// The same, and where names, honorifics and addresses may begin.
pub(super) fn find_with_stops(text: &str) -> (Vec<Found>, Stops) {
    let Some(automaton) = &*AUTOMATON else {
        let none = Sought::of(std::iter::empty());
        let mut sweep = Sweep::new(&none, text);
        sweep.by_ref().for_each(drop);
        return (Vec::new(), sweep.into_stops());
    };
    let bytes = text.as_bytes();
    let alnum = |at: Option<usize>| at.and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_alphanumeric);
    let mut found = Vec::new();
    let mut places = Sweep::new(&automaton.sought, text);
    let mut from = 0;
    while let Some(m) = automaton.next(text, &mut places, from) {
        from = m.end();
        let at = m.pattern().as_usize();
        let (Some(word), Some((begins, ends))) = (automaton.words.get(at), automaton.edges.get(at)) else {
            continue;
        };
        // "lic" in "public" is no label: letters and digits must end where the word does.
        let cut = (*begins && alnum(m.start().checked_sub(1))) || (*ends && alnum(Some(m.end())));
        if *word != Nothing && !cut {
            found.push(Found { start: m.start(), end: m.end(), word: *word });
        }
    }
    (found, places.into_stops())
}

/// How far back, in bytes, a label or a negative word reaches.
const REACH: usize = 60;

/// What the nearest label or negative word before `at` says: on the same line, or alone on the line
/// above; no sentence end may lie between. `words` are those that end before it.
pub fn before(text: &str, words: &[Found], at: usize) -> Option<Found> {
    for found in words.iter().rev() {
        if at - found.end > REACH {
            return None;
        }
        if !matches!(found.word, Label(_) | Negative | Enquiry) {
            continue;
        }
        let between = text.get(found.end..at)?;
        let closed = between.contains('。') || between.bytes().filter(|b| *b == b'\n').count() > 1;
        return (!closed).then_some(*found);
    }
    None
}

/// Whether a label of confidentiality is set like one: on a short line of its own or in brackets,
/// not a word of a sentence or of a disclaimer.
pub fn is_set_as_label(text: &str, found: &Found) -> bool {
    let bracketed = chars::before(text, found.start).is_some_and(|c| "【《〈[「『(<〔".contains(c))
        && chars::at(text, found.end).is_some_and(|c| "】》〉]」』)>〕/・,、 :".contains(c));
    let (line, _) = super::scan::line_of(text, found.start);
    bracketed || (line.chars().filter(|c| !c.is_whitespace()).count() <= 24 && !line.contains(['。', '、']))
}

#[cfg(test)]
mod tests {
    use aho_corasick::AhoCorasick;

    use super::*;

    fn words(text: &str) -> Vec<Word> {
        find(text).into_iter().map(|f| f.word).collect()
    }

    #[test]
    fn words_are_found_whole_and_longest_first() {
        assert_eq!(words("情報提供者"), [Informant]);
        assert_eq!(words("public relic passport"), [Label(Kind::PassportJp)]);
        assert_eq!(words("システム障害"), []);
        assert_eq!(words("障害者手帳"), [Sensitive(S::Disability)]);
        assert_eq!(words("compass"), []);
        assert_eq!(words("TEL03-1234"), []);
    }

    /// Word for word what one automaton over the whole text finds that begins where a word may.
    #[test]
    fn looking_at_the_heads_alone_misses_nothing() {
        let patterns: Vec<&str> = all_words().map(|(_, pattern)| pattern).collect();
        let whole = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(&patterns)
            .unwrap();
        let automaton = AUTOMATON.as_ref().unwrap();
        // Each word beside each other and within others.
        for (n, first) in patterns.iter().enumerate() {
            for glue in ["", " ", "a", "山", "-"] {
                let second = patterns[(n * 7 + 3) % patterns.len()].to_uppercase();
                let text = format!("{glue}{first}{glue}{second}{first}{glue}");
                let alnum = |at: usize| text.as_bytes()[at].is_ascii_alphanumeric();
                let (mut expected, mut at) = (Vec::new(), 0);
                while let Some(m) = whole.find(Input::new(&text).range(at..)) {
                    let start = m.start();
                    let inside = start > 0 && alnum(start - 1) && alnum(start);
                    at = if inside { start + 1 } else { m.end() };
                    expected.extend((!inside).then_some(m));
                }
                let (mut places, mut from) = (Sweep::new(&automaton.sought, &text), 0);
                let next = || {
                    let found = automaton.next(&text, &mut places, from)?;
                    from = found.end();
                    Some(found)
                };
                let got: Vec<Match> = std::iter::from_fn(next).collect();
                assert_eq!(got, expected, "{text}");
            }
        }
    }

    #[test]
    fn nearest_word_speaks_for_a_number() {
        let text = "注文番号と個人番号: 123";
        let found = find(text);
        let at = text.find("123").expect("there");
        assert_eq!(before(text, &found, at).map(|f| f.word), Some(Label(Kind::MyNumber)));
        let text = "個人番号は不要です。123";
        let at = text.find("123").expect("there");
        assert_eq!(before(text, &find(text), at), None);
    }

    #[test]
    fn labels_of_confidentiality_stand_alone() {
        for (text, set) in [
            ("【社外秘】見積", true),
            ("社外秘\n本文", true),
            ("This e-mail and any attachment are confidential and intended only for you.", false),
            ("CONFIDENTIAL", true),
            ("社外秘の資料は、外部へ送らないようにお願いいたします。", false),
        ] {
            let found = find(text);
            assert_eq!(found.iter().any(|f| is_set_as_label(text, f)), set, "{text}");
        }
    }
}
