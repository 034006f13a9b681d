//! The tokens of well-known services, each by its prefix, length and alphabet.

use super::kinds::Kind;

/// The form of a token behind its prefix.
pub(super) struct Token {
    pub prefix: &'static str,
    pub kind: Kind,
    /// Least and most characters behind the prefix.
    pub length: (usize, usize),
    pub alphabet: fn(u8) -> bool,
}

pub(super) fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}
pub(super) fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}
pub(super) fn url_safe(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}
pub(super) fn dotted(b: u8) -> bool {
    url_safe(b) || b == b'.'
}
pub(super) fn standard(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}
pub(super) fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

pub(super) const TOKENS: &[Token] = &[
    Token { prefix: "AKIA", kind: Kind::CloudKey, length: (16, 16), alphabet: upper },
    Token { prefix: "ASIA", kind: Kind::CloudKey, length: (16, 16), alphabet: upper },
    Token { prefix: "AIza", kind: Kind::CloudKey, length: (35, 35), alphabet: url_safe },
    Token { prefix: "ya29.", kind: Kind::CloudKey, length: (40, 400), alphabet: dotted },
    Token { prefix: "AccountKey=", kind: Kind::CloudKey, length: (40, 100), alphabet: standard },
    Token { prefix: "SharedAccessKey=", kind: Kind::CloudKey, length: (40, 100), alphabet: standard },
    Token { prefix: "dop_v1_", kind: Kind::CloudKey, length: (64, 64), alphabet: hex },
    Token { prefix: "github_pat_", kind: Kind::RepositoryToken, length: (50, 120), alphabet: url_safe },
    Token { prefix: "ghp_", kind: Kind::RepositoryToken, length: (36, 251), alphabet: alnum },
    Token { prefix: "gho_", kind: Kind::RepositoryToken, length: (36, 251), alphabet: alnum },
    Token { prefix: "ghu_", kind: Kind::RepositoryToken, length: (36, 251), alphabet: alnum },
    Token { prefix: "ghs_", kind: Kind::RepositoryToken, length: (36, 251), alphabet: alnum },
    Token { prefix: "ghr_", kind: Kind::RepositoryToken, length: (36, 251), alphabet: alnum },
    Token { prefix: "glpat-", kind: Kind::RepositoryToken, length: (20, 300), alphabet: dotted },
    Token { prefix: "npm_", kind: Kind::RepositoryToken, length: (36, 36), alphabet: alnum },
    Token { prefix: "pypi-AgE", kind: Kind::RepositoryToken, length: (50, 400), alphabet: url_safe },
    Token { prefix: "hf_", kind: Kind::ServiceToken, length: (30, 60), alphabet: alnum },
    Token { prefix: "xoxb-", kind: Kind::ServiceToken, length: (20, 120), alphabet: url_safe },
    Token { prefix: "xoxp-", kind: Kind::ServiceToken, length: (20, 120), alphabet: url_safe },
    Token { prefix: "xoxa-", kind: Kind::ServiceToken, length: (20, 120), alphabet: url_safe },
    Token { prefix: "xoxr-", kind: Kind::ServiceToken, length: (20, 120), alphabet: url_safe },
    Token { prefix: "xoxs-", kind: Kind::ServiceToken, length: (20, 120), alphabet: url_safe },
    Token { prefix: "xapp-", kind: Kind::ServiceToken, length: (20, 200), alphabet: url_safe },
    Token { prefix: "sk_live_", kind: Kind::ServiceToken, length: (16, 250), alphabet: alnum },
    Token { prefix: "rk_live_", kind: Kind::ServiceToken, length: (16, 250), alphabet: alnum },
    Token { prefix: "whsec_", kind: Kind::ServiceToken, length: (24, 100), alphabet: standard },
    Token { prefix: "SG.", kind: Kind::ServiceToken, length: (60, 80), alphabet: dotted },
    Token { prefix: "sk-proj-", kind: Kind::ServiceToken, length: (20, 300), alphabet: url_safe },
    Token { prefix: "sk-ant-", kind: Kind::ServiceToken, length: (20, 300), alphabet: url_safe },
    Token { prefix: "shpat_", kind: Kind::ServiceToken, length: (32, 32), alphabet: hex },
    Token { prefix: "sq0atp-", kind: Kind::ServiceToken, length: (22, 22), alphabet: url_safe },
];
