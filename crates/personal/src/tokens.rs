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

pub(super) fn hex_dash(b: u8) -> bool {
    hex(b) || b == b'-' || b.is_ascii_lowercase()
}
pub(super) fn upper_dash(b: u8) -> bool {
    upper(b) || b == b'-'
}
fn sourcegraph(b: u8) -> bool {
    hex(b) || matches!(b, b'_' | b'l' | b'o')
}
fn sentry(b: u8) -> bool {
    standard(b) || b == b'_'
}
fn standard_url(b: u8) -> bool {
    url_safe(b) || b == b'='
}

/// Prefixes that issuers put before their tokens, with the lengths that such tokens have been seen in. The lengths
/// are wide where no issuer states one.
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
    Token { prefix: "ABIA", kind: Kind::CloudKey, length: (16, 16), alphabet: upper },
    Token { prefix: "ACCA", kind: Kind::CloudKey, length: (16, 16), alphabet: upper },
    Token { prefix: "doo_v1_", kind: Kind::CloudKey, length: (64, 64), alphabet: hex },
    Token { prefix: "dor_v1_", kind: Kind::CloudKey, length: (64, 64), alphabet: hex },
    Token { prefix: "LTAI", kind: Kind::CloudKey, length: (20, 20), alphabet: alnum },
    Token { prefix: "HRKU-", kind: Kind::CloudKey, length: (36, 70), alphabet: url_safe },
    Token { prefix: "fm1r_", kind: Kind::CloudKey, length: (100, 800), alphabet: standard },
    Token { prefix: "fm1a_", kind: Kind::CloudKey, length: (100, 800), alphabet: standard },
    Token { prefix: "fm2_", kind: Kind::CloudKey, length: (100, 800), alphabet: standard },
    Token { prefix: "hvs.", kind: Kind::CloudKey, length: (24, 130), alphabet: url_safe },
    Token { prefix: "hvb.", kind: Kind::CloudKey, length: (90, 300), alphabet: url_safe },
    Token { prefix: "hvr.", kind: Kind::CloudKey, length: (24, 130), alphabet: url_safe },
    Token { prefix: "pul-", kind: Kind::CloudKey, length: (40, 40), alphabet: hex },
    Token { prefix: "dp.pt.", kind: Kind::CloudKey, length: (43, 43), alphabet: alnum },
    Token { prefix: "dapi", kind: Kind::CloudKey, length: (32, 34), alphabet: hex_dash },
    Token { prefix: "pscale_tkn_", kind: Kind::CloudKey, length: (32, 64), alphabet: dotted },
    Token { prefix: "pscale_oauth_", kind: Kind::CloudKey, length: (32, 64), alphabet: dotted },
    Token { prefix: "pscale_pw_", kind: Kind::CloudKey, length: (32, 64), alphabet: dotted },
    Token { prefix: "ops_eyJ", kind: Kind::CloudKey, length: (200, 2000), alphabet: standard },
    Token { prefix: "glptt-", kind: Kind::RepositoryToken, length: (40, 40), alphabet: hex },
    Token { prefix: "glrt-", kind: Kind::RepositoryToken, length: (20, 300), alphabet: dotted },
    Token { prefix: "gldt-", kind: Kind::RepositoryToken, length: (20, 300), alphabet: url_safe },
    Token { prefix: "glcbt-", kind: Kind::RepositoryToken, length: (20, 60), alphabet: url_safe },
    Token { prefix: "glft-", kind: Kind::RepositoryToken, length: (20, 60), alphabet: url_safe },
    Token { prefix: "glimt-", kind: Kind::RepositoryToken, length: (25, 60), alphabet: url_safe },
    Token { prefix: "glagent-", kind: Kind::RepositoryToken, length: (50, 80), alphabet: url_safe },
    Token { prefix: "gloas-", kind: Kind::RepositoryToken, length: (64, 64), alphabet: url_safe },
    Token { prefix: "glsoat-", kind: Kind::RepositoryToken, length: (20, 60), alphabet: url_safe },
    Token { prefix: "glffct-", kind: Kind::RepositoryToken, length: (20, 60), alphabet: url_safe },
    Token { prefix: "GR1348941", kind: Kind::RepositoryToken, length: (20, 50), alphabet: url_safe },
    Token { prefix: "rubygems_", kind: Kind::RepositoryToken, length: (48, 48), alphabet: hex },
    Token { prefix: "AKCp", kind: Kind::RepositoryToken, length: (69, 69), alphabet: alnum },
    Token { prefix: "cmVmd", kind: Kind::RepositoryToken, length: (59, 59), alphabet: alnum },
    Token { prefix: "sgp_", kind: Kind::RepositoryToken, length: (40, 64), alphabet: sourcegraph },
    Token { prefix: "CLOJARS_", kind: Kind::RepositoryToken, length: (60, 60), alphabet: alnum },
    Token { prefix: "dckr_pat_", kind: Kind::RepositoryToken, length: (27, 40), alphabet: url_safe },
    Token { prefix: "bkua_", kind: Kind::RepositoryToken, length: (40, 40), alphabet: hex },
    Token { prefix: "glsa_", kind: Kind::ServiceToken, length: (41, 41), alphabet: url_safe },
    Token { prefix: "glc_", kind: Kind::ServiceToken, length: (32, 400), alphabet: standard },
    Token { prefix: "ntn_", kind: Kind::ServiceToken, length: (46, 46), alphabet: alnum },
    Token { prefix: "secret_", kind: Kind::ServiceToken, length: (43, 43), alphabet: alnum },
    Token { prefix: "lin_api_", kind: Kind::ServiceToken, length: (40, 40), alphabet: alnum },
    Token { prefix: "PMAK-", kind: Kind::ServiceToken, length: (59, 59), alphabet: hex_dash },
    Token { prefix: "sntrys_", kind: Kind::ServiceToken, length: (80, 500), alphabet: sentry },
    Token { prefix: "sntryu_", kind: Kind::ServiceToken, length: (64, 64), alphabet: hex },
    Token { prefix: "shpss_", kind: Kind::ServiceToken, length: (32, 32), alphabet: hex },
    Token { prefix: "shppa_", kind: Kind::ServiceToken, length: (32, 32), alphabet: hex },
    Token { prefix: "shpca_", kind: Kind::ServiceToken, length: (32, 32), alphabet: hex },
    Token { prefix: "xoxe-", kind: Kind::ServiceToken, length: (20, 250), alphabet: url_safe },
    Token { prefix: "xoxe.xoxb-", kind: Kind::ServiceToken, length: (20, 250), alphabet: url_safe },
    Token { prefix: "xoxe.xoxp-", kind: Kind::ServiceToken, length: (20, 250), alphabet: url_safe },
    Token { prefix: "xoxo-", kind: Kind::ServiceToken, length: (20, 120), alphabet: url_safe },
    Token { prefix: "xwfp-", kind: Kind::ServiceToken, length: (20, 200), alphabet: url_safe },
    Token { prefix: "sk_prod_", kind: Kind::ServiceToken, length: (10, 250), alphabet: alnum },
    Token { prefix: "rk_prod_", kind: Kind::ServiceToken, length: (10, 250), alphabet: alnum },
    Token { prefix: "xkeysib-", kind: Kind::ServiceToken, length: (81, 81), alphabet: hex_dash },
    Token { prefix: "xsmtpsib-", kind: Kind::ServiceToken, length: (81, 81), alphabet: hex_dash },
    Token { prefix: "AGE-SECRET-KEY-1", kind: Kind::ServiceToken, length: (58, 58), alphabet: upper },
    Token { prefix: "dt0c01.", kind: Kind::ServiceToken, length: (89, 89), alphabet: dotted },
    Token { prefix: "pplx-", kind: Kind::ServiceToken, length: (40, 60), alphabet: alnum },
    Token { prefix: "sk-svcacct-", kind: Kind::ServiceToken, length: (20, 300), alphabet: url_safe },
    Token { prefix: "sk-admin-", kind: Kind::ServiceToken, length: (20, 300), alphabet: url_safe },
    Token { prefix: "sk-or-v1-", kind: Kind::ServiceToken, length: (64, 64), alphabet: hex },
    Token { prefix: "gsk_", kind: Kind::ServiceToken, length: (50, 60), alphabet: alnum },
    Token { prefix: "xai-", kind: Kind::ServiceToken, length: (70, 90), alphabet: alnum },
    Token { prefix: "duffel_test_", kind: Kind::ServiceToken, length: (43, 43), alphabet: url_safe },
    Token { prefix: "duffel_live_", kind: Kind::ServiceToken, length: (43, 43), alphabet: url_safe },
    Token { prefix: "EZAK", kind: Kind::ServiceToken, length: (54, 54), alphabet: alnum },
    Token { prefix: "EZTK", kind: Kind::ServiceToken, length: (54, 54), alphabet: alnum },
    Token { prefix: "FLWSECK-", kind: Kind::ServiceToken, length: (30, 60), alphabet: url_safe },
    Token { prefix: "FLWSECK_TEST-", kind: Kind::ServiceToken, length: (12, 40), alphabet: url_safe },
    Token { prefix: "fio-u-", kind: Kind::ServiceToken, length: (64, 64), alphabet: url_safe },
    Token { prefix: "ico-", kind: Kind::ServiceToken, length: (32, 32), alphabet: alnum },
    Token { prefix: "NRAK-", kind: Kind::ServiceToken, length: (27, 27), alphabet: upper },
    Token { prefix: "NRJS-", kind: Kind::ServiceToken, length: (19, 19), alphabet: hex },
    Token { prefix: "NRII-", kind: Kind::ServiceToken, length: (32, 32), alphabet: url_safe },
    Token { prefix: "phc_", kind: Kind::ServiceToken, length: (40, 50), alphabet: alnum },
    Token { prefix: "phx_", kind: Kind::ServiceToken, length: (40, 50), alphabet: alnum },
    Token { prefix: "pnu_", kind: Kind::ServiceToken, length: (36, 36), alphabet: alnum },
    Token { prefix: "rdme_", kind: Kind::ServiceToken, length: (70, 70), alphabet: alnum },
    Token { prefix: "shippo_live_", kind: Kind::ServiceToken, length: (40, 40), alphabet: hex },
    Token { prefix: "shippo_test_", kind: Kind::ServiceToken, length: (40, 40), alphabet: hex },
    Token { prefix: "sq0csp-", kind: Kind::ServiceToken, length: (43, 43), alphabet: url_safe },
    Token { prefix: "EAAA", kind: Kind::ServiceToken, length: (60, 60), alphabet: url_safe },
    Token { prefix: "key-", kind: Kind::ServiceToken, length: (32, 32), alphabet: hex },
    Token { prefix: "pk.eyJ", kind: Kind::ServiceToken, length: (80, 200), alphabet: dotted },
    Token { prefix: "sk.eyJ", kind: Kind::ServiceToken, length: (80, 200), alphabet: dotted },
    Token { prefix: "r8_", kind: Kind::ServiceToken, length: (37, 37), alphabet: alnum },
    Token { prefix: "api_org_", kind: Kind::ServiceToken, length: (34, 34), alphabet: alnum },
    Token { prefix: "CFPAT-", kind: Kind::ServiceToken, length: (43, 43), alphabet: url_safe },
    Token { prefix: "figd_", kind: Kind::ServiceToken, length: (40, 60), alphabet: url_safe },
    Token { prefix: "lsv2_pt_", kind: Kind::ServiceToken, length: (40, 50), alphabet: url_safe },
    Token { prefix: "lsv2_sk_", kind: Kind::ServiceToken, length: (40, 50), alphabet: url_safe },
    Token { prefix: "ATATT3", kind: Kind::ServiceToken, length: (186, 200), alphabet: standard_url },
    Token { prefix: "ATCTT3", kind: Kind::ServiceToken, length: (180, 200), alphabet: standard_url },
    Token { prefix: "tk-us-", kind: Kind::ServiceToken, length: (48, 48), alphabet: url_safe },
    Token { prefix: "sm_aat_", kind: Kind::ServiceToken, length: (16, 60), alphabet: alnum },
    Token { prefix: "sbp_", kind: Kind::ServiceToken, length: (40, 40), alphabet: hex },
    Token { prefix: "flb_live_", kind: Kind::ServiceToken, length: (20, 20), alphabet: alnum },
    Token { prefix: "sl.", kind: Kind::ServiceToken, length: (130, 160), alphabet: url_safe },
    Token { prefix: "ABSK", kind: Kind::CloudKey, length: (109, 140), alphabet: standard },
    Token { prefix: "A3-", kind: Kind::ServiceToken, length: (32, 36), alphabet: upper_dash },
];
