//! Column headers of tables and labels of forms: what a column holds.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::findings::Sensitive;
use super::kinds::Kind;
use super::normalize::Normalized;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Name,
    Surname,
    Given,
    Kana,
    BirthDate,
    Age,
    Gender,
    Relation,
    Address,
    Postal,
    Phone,
    Mail,
    /// School year, class, number in the class.
    Class,
    /// An identifier of a known form.
    Id(Kind),
    Bank,
    Branch,
    Sensitive(Sensitive),
    Login,
    Password,
    /// A company, product or event: names of things.
    Thing,
    Other,
}

impl Column {
    /// A word for reports; empty where the column is nothing personal.
    pub fn name(self) -> &'static str {
        match self {
            Column::Name => "name",
            Column::Surname => "surname",
            Column::Given => "given-name",
            Column::Kana => "name-kana",
            Column::BirthDate => "birth-date",
            Column::Age => "age",
            Column::Gender => "gender",
            Column::Relation => "relation",
            Column::Address => "address",
            Column::Postal => "postal-code",
            Column::Phone => "phone",
            Column::Mail => "mail-address",
            Column::Class => "class",
            Column::Id(kind) => kind.name(),
            Column::Bank => "bank",
            Column::Branch => "branch",
            Column::Sensitive(_) => "sensitive",
            Column::Login => "login",
            Column::Password => "password",
            Column::Thing | Column::Other => "",
        }
    }

    /// Whether a value in it says something of the person of the row.
    pub fn is_attribute(self) -> bool {
        !matches!(self, Column::Other | Column::Thing | Column::Login | Column::Password)
    }
}

use Column::*;

/// Whole headers, in lower case, without spaces and brackets.
const EXACT: &[(Column, &str)] = &[
    (
        Name,
        "氏名|宛名|名前|お名前|ご氏名|姓名|name|fullname|customer|patient|employee|contactname|contact|student|本人|世帯主|名義人|口座名義|口座名義人|加入者|参加者|申込者|受講者|担当者|児童|生徒|保護者|患者|利用者|会員|契約者|被保険者|受取人|代表者|氏名漢字|漢字氏名|参加者名|申込者名|社員名|職員名|学生名",
    ),
    (Surname, "姓|苗字|名字|氏|surname|lastname|familyname|last"),
    (Given, "名|givenname|firstname|first|forename"),
    (
        Kana,
        "フリガナ|ふりがな|カナ|かな|氏名カナ|カナ氏名|よみ|ヨミ|読み|読み仮名|ヨミガナ|よみがな|セイ|メイ|せい|めい|氏名フリガナ",
    ),
    (BirthDate, "生年月日|誕生日|生年|出生日|dob|dateofbirth|birthdate|birthday|birth"),
    (Age, "年齢|年令|満年齢|歳|age"),
    (Gender, "性別|男女|gender|sex"),
    (Relation, "続柄|関係|relation|relationship"),
    (
        Address,
        "住所|現住所|本籍|本籍地|居所|送付先|自宅|address|住所1|住所2|住所3|都道府県|市区町村|町名|番地|建物名|city|street|送付先住所|homeaddress|所在地",
    ),
    (Postal, "〒|郵便番号|zip|zipcode|postalcode|postcode"),
    (
        Phone,
        "電話|電話番号|tel|連絡先|携帯|携帯番号|携帯電話|自宅電話|phone|phonenumber|mobile|cell|telephone|緊急連絡先",
    ),
    (Mail, "メール|メールアドレス|email|e-mail|mail|emailaddress|mailaddress|アドレス|eメール"),
    (Class, "学年|組|クラス|学級|年組|出席番号|年|class|grade"),
    (Id(Kind::MyNumber), "個人番号|マイナンバー|mynumber"),
    (Id(Kind::ResidentCode), "住民票コード"),
    (Id(Kind::DrivingLicence), "運転免許証番号|免許証番号|免許番号|運転免許番号"),
    (Id(Kind::InsurerNumber), "保険者番号"),
    (
        Id(Kind::InsuredNumber),
        "被保険者番号|保険証番号|記号番号|被保険者証番号|証番号|記号・番号|被保険者証記号番号",
    ),
    (Id(Kind::PensionNumber), "基礎年金番号|年金番号"),
    (Id(Kind::EmploymentInsurance), "雇用保険番号|雇用保険被保険者番号"),
    (Id(Kind::PassportJp), "旅券番号|パスポート番号|passport|passportnumber|passportno"),
    (Id(Kind::ResidenceCard), "在留カード番号|在留カード"),
    (
        Id(Kind::Card),
        "カード番号|クレジットカード番号|cardnumber|creditcard|creditcardnumber|クレジットカード|cardno",
    ),
    (Id(Kind::CardSecurityCode), "セキュリティコード|cvv|cvc|有効期限|カード有効期限|expiry"),
    (Id(Kind::BankAccount), "口座番号|口座|振込口座|accountnumber|accountno|給与振込口座"),
    (Id(Kind::YuchoAccount), "ゆうちょ記号番号|ゆうちょ"),
    (Id(Kind::Iban), "iban"),
    (Id(Kind::PatientNumber), "患者id|患者番号|患者no|カルテ番号|診察券番号|カルテno|patientid|mrn"),
    (Id(Kind::PupilNumber), "学籍番号|受験番号|学生番号|生徒番号|児童番号|studentid|studentnumber"),
    (Id(Kind::ResidentNumber), "宛名番号|世帯番号|整理番号|宛名コード|住民番号"),
    (Id(Kind::StaffNumber), "職員番号|社員番号|従業員番号|社員id|社員コード|職員コード|employeeid|staffid"),
    (
        Id(Kind::MemberNumber),
        "会員番号|会員id|顧客番号|顧客id|お客様番号|会員no|memberid|customerid|利用者番号|利用者id",
    ),
    (Id(Kind::UsSsn), "ssn|socialsecuritynumber"),
    (Id(Kind::UkNino), "nino|nationalinsurancenumber|ninumber"),
    (Id(Kind::UkNhs), "nhsnumber|nhs"),
    (Id(Kind::InAadhaar), "aadhaar|aadhaarnumber"),
    (Id(Kind::EsDni), "dni"),
    (Id(Kind::EsNie), "nie"),
    (Id(Kind::ItCodiceFiscale), "codicefiscale"),
    (Id(Kind::FrNir), "nir"),
    (Id(Kind::DeIdnr), "idnr|steuer-id|steueridnr|steueridentifikationsnummer"),
    (Id(Kind::BrCpf), "cpf"),
    (Id(Kind::KrRrn), "rrn|주민등록번호"),
    (Id(Kind::CnId), "身份证|身份证号|身份证号码"),
    (Id(Kind::SgNric), "nric"),
    (Id(Kind::AuTfn), "tfn"),
    (Id(Kind::AuMedicare), "medicare|medicarenumber"),
    (Id(Kind::CaSin), "sin|socialinsurancenumber"),
    (Bank, "銀行|銀行名|金融機関|金融機関名|銀行コード|bank"),
    (Branch, "支店|支店名|支店コード|branch|店番"),
    (
        Sensitive(Sensitive::Medical),
        "病名|傷病名|診断|診断名|既往歴|既往症|病歴|アレルギー|服薬|処方|血液型|検査結果|症状|疾患|主訴|diagnosis|disease|手術歴|診療科",
    ),
    (
        Sensitive(Sensitive::Disability),
        "障害|障害名|障害等級|手帳|手帳番号|手帳種別|障害者手帳|障害種別|disability",
    ),
    (Sensitive(Sensitive::Welfare), "生活保護|要介護|要介護度|介護度|要介護認定|就学援助|滞納額|滞納"),
    (Sensitive(Sensitive::Crime), "犯罪|犯罪歴|前科|逮捕歴|被害"),
    (Sensitive(Sensitive::Creed), "信条|宗教|思想|支持政党|religion"),
    (Sensitive(Sensitive::Nationality), "国籍|人種|民族|在留資格|nationality"),
    (
        Sensitive(Sensitive::Assessment),
        "成績|評定|評価|得点|点数|偏差値|内申|合否|人事評価|grade|score|査定|懲戒",
    ),
    (
        Login,
        "id|ログインid|ユーザーid|ユーザid|ユーザー名|ユーザ名|アカウント|アカウント名|login|loginid|user|userid|username|account",
    ),
    (Password, "パスワード|password|passwd|pw|pwd|pass|初期パスワード|暗証番号|仮パスワード"),
    (
        Thing,
        "会社名|会社|企業名|団体名|団体|法人名|店名|店舗名|商品名|商品|品名|製品名|件名|タイトル|施設名|所属|部署|部署名|課名|学校名|校名|場所|会場|会議名|科目|科目名|ファイル名|サーバ名|ホスト名|company|organization|department|product|title|item|venue|no|no.|番号|#|項目|内容|備考|摘要|日付|date|日時|金額|数量|単価|合計",
    ),
];

/// Parts of longer headers, tried in order when no whole header fits.
const PARTS: &[(Column, &str)] = &[
    (
        Thing,
        "会社|企業|法人|団体|商品|製品|施設|店舗|ファイル|サーバ|ホスト|件名|学校|病院名|事業所|部署|品名|メーカー|登録日|更新日|作成日|申込日|受付日|company|product|file|注文|伝票",
    ),
    (Kana, "フリガナ|ふりがな|カナ|よみ|ヨミ|kana"),
    (BirthDate, "生年月日|誕生日|birth"),
    (Mail, "メール|mail"),
    (Phone, "電話|携帯|tel|phone|連絡先|fax"),
    (Postal, "郵便番号|〒"),
    (Address, "住所|address|住居"),
    (Id(Kind::MyNumber), "個人番号|マイナンバー"),
    (Id(Kind::BankAccount), "口座番号"),
    (Id(Kind::Card), "カード番号"),
    (Id(Kind::PatientNumber), "患者番号|患者id"),
    (Id(Kind::MemberNumber), "会員番号|顧客番号"),
    (Password, "パスワード|password"),
    (Name, "氏名|宛名|名前|お名前|保護者名|生徒名|児童名|患者名|園児名|者名|fullname"),
    (Age, "年齢"),
    (Gender, "性別"),
    (Relation, "続柄"),
    (Sensitive(Sensitive::Medical), "病名|既往|アレルギー|診断名"),
    (Sensitive(Sensitive::Disability), "障害等級|障害種|手帳"),
    (Sensitive(Sensitive::Welfare), "要介護|生活保護|滞納"),
    (Sensitive(Sensitive::Assessment), "評定|成績|得点"),
];

/// What a header says; none where it says nothing known.
pub fn column(header: &str) -> Option<Column> {
    let plain = plain(header)?;
    whole(&plain).or_else(|| part_of(&plain))
}

/// What a header says that is known as a whole.
pub fn exact(header: &str) -> Option<Column> {
    // No such header is longer, in bytes, than this; most cells of a table have a digit in front.
    let long = header.len() > 72 || header.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if long { None } else { whole(&plain(header)?) }
}

fn plain(header: &str) -> Option<String> {
    let normalized = Normalized::new(header);
    let plain = strip(normalized.as_str());
    (!plain.is_empty() && plain.chars().count() <= 24).then_some(plain)
}

fn whole(plain: &str) -> Option<Column> {
    let of = |w: &str| WHOLE.get(w).copied();
    of(plain).or_else(|| {
        // 保護者氏名1, 電話番号②: the number of a repeated column.
        let unnumbered = plain.trim_end_matches(|c: char| c.is_ascii_digit() || ('①'..='⑳').contains(&c));
        if unnumbered.len() < plain.len() { of(unnumbered) } else { None }
    })
}

static WHOLE: LazyLock<HashMap<&'static str, Column>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for (column, list) in EXACT {
        for word in list.split('|') {
            map.entry(word).or_insert(*column);
        }
    }
    map
});

static PART: LazyLock<Option<(AhoCorasick, Vec<Column>)>> = LazyLock::new(|| {
    let words: Vec<(&str, Column)> =
        PARTS.iter().flat_map(|(c, list)| list.split('|').map(|w| (w, *c))).collect();
    let search = AhoCorasick::new(words.iter().map(|w| w.0)).ok()?;
    Some((search, words.into_iter().map(|w| w.1).collect()))
});

/// The first of [`PARTS`] that the header contains.
fn part_of(plain: &str) -> Option<Column> {
    let (search, columns) = PART.as_ref()?;
    let first = search.find_overlapping_iter(plain).map(|m| m.pattern().as_usize()).min()?;
    columns.get(first).copied()
}

/// Lower case, without spaces, marks and what stands in brackets.
fn strip(header: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0usize;
    for c in header.trim().chars().take(60) {
        match c {
            '(' | '[' | '【' | '〔' | '<' => depth += 1,
            ')' | ']' | '】' | '〕' | '>' => depth = depth.saturating_sub(1),
            '※' | '*' | ':' | '"' | '\'' | '_' | '●' | '■' | '◆' | '○' | '・' if depth == 0 && c != '・' =>
                {}
            c if c.is_whitespace() || depth > 0 => {}
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_in_any_dress() {
        for (header, want) in [
            ("氏名", Name),
            ("お名前（必須）", Name),
            ("保護者氏名２", Name),
            (" 氏　名 ※", Name),
            ("ﾌﾘｶﾞﾅ", Kana),
            ("E-mail", Mail),
            ("自宅電話番号", Phone),
            ("ご住所", Address),
            ("マイナンバー", Id(Kind::MyNumber)),
            ("First Name", Given),
            ("last_name", Surname),
            ("要介護度", Sensitive(Sensitive::Welfare)),
            ("会社名", Thing),
            ("商品名", Thing),
        ] {
            assert_eq!(column(header), Some(want), "{header}");
        }
        assert_eq!(column("とても長いただの文章でありまして、列の見出しではないと思われます"), None);
        assert_eq!(column(""), None);
        assert_eq!(column("在庫"), None);
    }
}
