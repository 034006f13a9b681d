//! The one table of what is looked for: stable name, group, meaning, how it is proven, and where
//! its form is laid down. Facts, documentation and the measuring stick all read it.

/// What sort of thing a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Says who somebody is, or how to reach them.
    Identity,
    /// A number that the state gave to one person.
    Government,
    /// Money: cards and accounts.
    Financial,
    /// A number that an institution keeps a person under: patient, pupil, member.
    Register,
    /// Keys and passwords.
    Secret,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    pub kind: Kind,
    /// The stable name, in kebab case.
    pub name: &'static str,
    pub group: Group,
    /// What it is, for people.
    pub meaning: &'static str,
    /// How a candidate is proven.
    pub validator: &'static str,
    /// Where the form is laid down.
    pub source: &'static str,
    /// Whether one of these alone marks one person.
    pub strong: bool,
}

macro_rules! kinds {
    ($($variant:ident, $name:literal, $group:ident, $strong:literal, $meaning:literal, $validator:literal, $source:literal;)*) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[repr(u8)]
        pub enum Kind {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)*
        }

        /// Every kind, in the order of [`Kind`].
        pub const KINDS: &[KindInfo] = &[
            $(KindInfo {
                kind: Kind::$variant, name: $name, group: Group::$group, strong: $strong,
                meaning: $meaning, validator: $validator, source: $source,
            },)*
        ];
    };
}

kinds! {
    PersonName, "person-name", Identity, false, "Name of a person", "surname and given name side by side, an honorific, a label, a header", "ipadic";
    NameKana, "name-kana", Identity, false, "Reading of a person's name", "both parts in the dictionary, or a header", "ipadic";
    BirthDate, "birth-date", Identity, false, "Date of birth", "calendar and era range, with a label, a header or a person beside it", "元号を改める政令";
    Address, "address", Identity, false, "Postal address down to the number", "prefecture or known municipality, town, number", "住居表示に関する法律";
    PostalCode, "postal-code", Identity, false, "Japanese postal code", "〒 or its label", "日本郵便";
    Phone, "phone", Identity, false, "Telephone number", "numbering plan; business numbers left out", "総務省 電気通信番号計画, E.164";
    MailAddress, "mail-address", Identity, false, "Mail address", "RFC 5321 atoms and a real-looking domain", "RFC 5321 section 4.1.2";
    MyNumber, "my-number", Government, true, "Individual number (個人番号, マイナンバー)", "mod 11 check digit, context or a person beside it", "番号法施行令 第8条";
    ResidentCode, "resident-record-code", Government, true, "Resident record code (住民票コード)", "mod 11 check digit and context", "住民基本台帳法施行規則";
    DrivingLicence, "driving-licence", Government, true, "Japanese driving licence number", "prefecture, mod 11 check digit and context", "警察庁";
    InsurerNumber, "insurer-number", Government, false, "Health insurer's number (保険者番号)", "Luhn, scheme and prefecture, context", "保険者番号等設定要領";
    InsuredNumber, "insured-number", Government, false, "Insured person's symbol and number (被保険者証 記号・番号)", "label", "健康保険法施行規則";
    PensionNumber, "pension-number", Government, true, "Basic pension number (基礎年金番号)", "4-6 digits and a label", "日本年金機構";
    EmploymentInsurance, "employment-insurance-number", Government, true, "Employment insurance number (雇用保険被保険者番号)", "4-6-1 digits and a label", "厚生労働省";
    PassportJp, "passport-jp", Government, true, "Japanese passport number", "two letters, seven digits and a label", "ICAO Doc 9303";
    ResidenceCard, "residence-card", Government, true, "Residence card number (在留カード)", "two letters, eight digits, two letters, with a label or a person beside it", "出入国在留管理庁";
    Mrz, "passport-mrz", Government, true, "Machine-readable zone of a passport", "7-3-1 check digits", "ICAO Doc 9303";
    UsSsn, "us-ssn", Government, true, "US Social Security number", "allotted ranges and context", "SSA";
    UkNino, "uk-nino", Government, true, "UK National Insurance number", "allotted prefixes", "HMRC NIM39110";
    UkNhs, "uk-nhs", Government, true, "UK NHS number", "mod 11 check digit and context", "NHS Data Dictionary";
    InAadhaar, "in-aadhaar", Government, true, "Indian Aadhaar number", "Verhoeff check digit and context", "UIDAI";
    EsDni, "es-dni", Government, true, "Spanish DNI", "mod 23 letter and context", "Real Decreto 1553/2005";
    EsNie, "es-nie", Government, true, "Spanish NIE", "mod 23 letter and context", "Real Decreto 557/2011";
    ItCodiceFiscale, "it-codice-fiscale", Government, true, "Italian codice fiscale", "mod 26 letter", "D.M. 23 dicembre 1976";
    FrNir, "fr-nir", Government, true, "French NIR", "mod 97 key", "INSEE";
    DeIdnr, "de-idnr", Government, true, "German tax identification number", "mod 11,10 check digit and context", "§ 139b AO";
    BrCpf, "br-cpf", Government, true, "Brazilian CPF", "two mod 11 check digits", "Receita Federal";
    KrRrn, "kr-rrn", Government, true, "Korean resident registration number", "birth date and mod 11 check digit", "주민등록법";
    CnId, "cn-id", Government, true, "Chinese resident identity number", "birth date and ISO 7064 check", "GB 11643-1999";
    SgNric, "sg-nric", Government, true, "Singaporean NRIC or FIN", "mod 11 letter and context", "ICA";
    AuTfn, "au-tfn", Government, true, "Australian tax file number", "mod 11 check and context", "ATO";
    AuMedicare, "au-medicare", Government, true, "Australian Medicare number", "mod 10 check digit and context", "Services Australia";
    CaSin, "ca-sin", Government, true, "Canadian social insurance number", "Luhn and context", "ESDC";
    Card, "card", Financial, true, "Payment card number", "issuer range, length and Luhn", "ISO/IEC 7812";
    CardSecurityCode, "card-security-code", Financial, false, "Card security code or expiry", "label near a card number", "ISO/IEC 7813";
    Iban, "iban", Financial, true, "International bank account number", "length by country and mod 97", "ISO 13616";
    BankAccount, "bank-account", Financial, true, "Japanese bank account", "seven digits after 普通, 当座, 口座番号 or a header", "全国銀行協会";
    YuchoAccount, "yucho-account", Financial, true, "Japan Post Bank account (記号・番号)", "form of symbol and number, with a label or a person beside it", "ゆうちょ銀行";
    PatientNumber, "patient-number", Register, false, "Patient number", "label or header", "";
    PupilNumber, "pupil-number", Register, false, "Pupil, student or candidate number", "label or header", "";
    ResidentNumber, "resident-number", Register, false, "Addressee, household or filing number of a municipality", "label or header", "";
    StaffNumber, "staff-number", Register, false, "Staff number", "label or header", "";
    MemberNumber, "member-number", Register, false, "Member or customer number", "label or header", "";
    PrivateKey, "private-key", Secret, false, "Private key", "PEM, OpenSSH or PuTTY armour with a body", "RFC 7468";
    CloudKey, "cloud-key", Secret, false, "Access key of a cloud", "the issuer's prefix, length and alphabet", "AWS, Azure, Google Cloud";
    RepositoryToken, "repository-token", Secret, false, "Token of a code host or package registry", "the issuer's prefix, length and alphabet", "GitHub, GitLab, npm, PyPI";
    ServiceToken, "service-token", Secret, false, "Token of a messaging, payment or other service", "the issuer's prefix, length and alphabet", "Slack, Stripe, SendGrid and others";
    Jwt, "jwt", Secret, false, "Signed JSON web token", "three parts, the first a JSON header", "RFC 7519";
    ConnectionString, "connection-string", Secret, false, "Connection string with a password", "URL with user and password, or key=value with one", "RFC 3986 section 3.2.1";
    PasswordPair, "password-pair", Secret, false, "ID with its password", "labels of both within a few lines", "";
    PasswordTable, "password-table", Secret, false, "Row of a table of ids and passwords", "headers of both", "";
}

/// How many kinds there are.
pub const COUNT: usize = KINDS.len();

impl Kind {
    /// The row of the table.
    pub fn info(self) -> &'static KindInfo {
        &KINDS[self as usize]
    }

    /// The stable name: `my-number`.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Whether one of these alone marks one person.
    pub fn is_strong(self) -> bool {
        self.info().strong
    }

    /// Whether it is a key or password.
    pub fn is_secret(self) -> bool {
        self.info().group == Group::Secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_the_order_of_the_kinds_and_names_are_stable_words() {
        let mut names = std::collections::BTreeSet::new();
        for (at, row) in KINDS.iter().enumerate() {
            assert_eq!(row.kind as usize, at, "{}", row.name);
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(row.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", row.name);
        }
        assert_eq!(names.len(), COUNT);
    }

    #[test]
    fn documentation_has_the_same_table() {
        let doc = include_str!("../../../docs/detection.md");
        for row in KINDS {
            let group = format!("{:?}", row.group).to_lowercase();
            let line =
                format!("| {} | {group} | {} | {} | {} |", row.name, row.meaning, row.validator, row.source);
            assert!(doc.contains(&line), "docs/detection.md lacks: {line}");
        }
    }
}
