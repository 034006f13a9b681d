//! Dividing a text into posts, and telling incidents from lists and articles.
//!
//! Most posts begin with the casebook's mark and number. The others begin with a title that stands
//! alone: an empty line before it, two behind it.

use unicode_normalization::UnicodeNormalization;

use super::dates;
use casebook::Kind;

/// One post, in NFKC: the published texts have look-alikes such as the radical `⼈` for `人`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    /// The line of its title, counted from 1.
    pub line: usize,
    /// The number of its mark: `2023-116`, or `2022` alone.
    pub number: Option<String>,
    /// The title behind the mark.
    pub title: String,
    pub body: String,
}

/// Why a post is no incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A list of the victims of ransomware: names without a story.
    VictimList,
    /// An article: advice, an offer, a product.
    NotAnIncident,
}

impl Why {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::VictimList => "a list of ransomware victims",
            Why::NotAnIncident => "no incident",
        }
    }
}

/// Words of which an incident's title has at least one.
const INCIDENT_WORDS: &[&str] = &[
    "流出",
    "漏えい",
    "漏洩",
    "漏れ",
    "紛失",
    "消失",
    "盗難",
    "不正",
    "懲戒",
    "逮捕",
    "書類送検",
    "誤送信",
    "誤配信",
    "誤送付",
    "お詫び",
    "おわび",
    "インシデント",
    "ランサム",
    "サイバー攻撃",
    "ウイルス",
    "ウィルス",
    "マルウェア",
    "改ざん",
    "持ち出し",
    "持出",
    "侵害",
    "乗っ取り",
];

/// The shortest and the longest title without a mark, in characters.
const TITLE: std::ops::RangeInclusive<usize> = 8..=150;

/// Divides a text into its posts. What stands before the first title is page furniture and dropped.
pub(super) fn divide(text: &str) -> Vec<Post> {
    let lines: Vec<String> = text.lines().map(normalize).collect();
    let blank = |at: usize| lines.get(at).is_none_or(|l| l.trim().is_empty());
    let mut posts: Vec<Post> = Vec::new();
    let mut told = false; // whether the post at hand has more than its title and a caption
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        let marked = mark(trimmed);
        let alone = (at == 0 || blank(at - 1)) && blank(at + 1) && blank(at + 2);
        let first = posts.is_empty();
        let title = match marked {
            Some((number, title)) => Some((Some(number), title)),
            None if alone && (first || told) && is_title(trimmed) => Some((None, trimmed)),
            None => None,
        };
        if let Some((number, title)) = title {
            posts.push(Post {
                line: at + 1,
                number: number.map(str::to_string),
                title: title.trim().to_string(),
                body: String::new(),
            });
            told = false;
        } else if let Some(post) = posts.last_mut() {
            post.body.push_str(line);
            post.body.push('\n');
            told |= trimmed.chars().count() > 20;
        }
    }
    posts
}

/// NFKC, but a circled or raised digit stays apart from the digits beside it: `②3378件` is 3,378.
fn normalize(line: &str) -> String {
    let enclosed = |c: char| matches!(c, '⁰'..='₉' | '²' | '³' | '¹' | '①'..='⓿' | '❶'..='➓' | '㉑'..='㉟' | '㊱'..='㊿');
    let apart = |c: char| [Some(c), enclosed(c).then_some(' ')];
    line.chars().flat_map(apart).flatten().nfkc().collect()
}

/// The number and the title of a line with the casebook's mark: `【セキュリティ事件簿#2023-116】…`.
fn mark(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("【セキュリティ事件簿")?.trim_start();
    let (number, title) = rest.strip_prefix('#')?.split_once('】')?;
    let number = number.trim();
    let digits = |s: &str, n| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let good = match number.split_once('-') {
        Some((year, serial)) => digits(year, 4) && digits(serial, 3),
        None => digits(number, 4),
    };
    good.then_some((number, title))
}

/// Whether a line that stands alone reads as a title and not as a sentence or an item.
fn is_title(line: &str) -> bool {
    let item = |c: char| c.is_ascii_digit() || "・•※-<(「『【①②③④⑤⑥⑦⑧⑨".contains(c);
    TITLE.contains(&line.chars().count())
        && !line.starts_with(item)
        && !line.contains('。')
        && !line.ends_with(['、', ':', ')'])
        || TITLE.contains(&line.chars().count()) && dates::split_title(line).1.is_some()
        || is_victim_list(line)
}

fn is_victim_list(title: &str) -> bool {
    title.contains("ランサムウェア") && (title.contains("リスト") || title.contains("一覧"))
}

impl Post {
    /// Why this is no incident; none where it is one. A post with a number always is.
    pub fn why_not(&self) -> Option<Why> {
        if self.number.is_some() {
            return None;
        }
        if is_victim_list(&self.title) {
            return Some(Why::VictimList);
        }
        let named = INCIDENT_WORDS.iter().any(|w| self.title.contains(w));
        (!named).then_some(Why::NotAnIncident)
    }
}

/// The organisation that a title begins with, where one can be told: the first word before a space,
/// or what stands before the first particle if it ends as names of organisations do.
pub(super) fn organization(title: &str) -> Option<String> {
    const LONGEST: usize = 30;
    let short = |s: &str| s.chars().count() <= LONGEST;
    if let Some((first, rest)) = title.split_once(char::is_whitespace) {
        let sentence = first.contains(['、', '。', ':', '「']);
        if short(first) && !sentence && !rest.trim().is_empty() {
            return Some(first.to_string());
        }
    }
    const PARTICLES: &[char] = &['の', 'へ', 'に', 'が', 'は', 'で', '、', '。', ':'];
    const ENDINGS: &[&str] = &[
        "市",
        "町",
        "村",
        "区",
        "県",
        "府",
        "都",
        "庁",
        "省",
        "局",
        "役所",
        "役場",
        "大学",
        "高校",
        "学校",
        "病院",
        "会社",
        "協会",
        "財団",
        "センター",
        "組合",
        "委員会",
    ];
    let clause = title.split(PARTICLES).next().unwrap_or(title);
    let name = clause.strip_suffix("職員").unwrap_or(clause);
    let general = ["中学校", "小学校", "高校", "学校", "大学", "病院", "会社"].contains(&name);
    let ends = ENDINGS.iter().any(|e| name.ends_with(e));
    (short(name) && ends && !general).then(|| name.to_string())
}

/// What kind of incident the words point to; the more telling ones first.
pub(super) fn kind(title: &str, body: &str) -> Option<Kind> {
    const BY_TITLE: &[(&str, Kind)] = &[
        ("ランサム", Kind::Ransomware),
        ("委託", Kind::ContractorBreach),
        ("受託", Kind::ContractorBreach),
        ("紛失", Kind::LostDevice),
        ("盗難", Kind::LostDevice),
        ("消失", Kind::DataLost),
        ("メールアドレス", Kind::ExposedAddresses),
        ("誤送信", Kind::ExposedAddresses),
        ("パスワード", Kind::Credentials),
        ("持ち出し", Kind::DataTaken),
        ("逮捕", Kind::DataTaken),
        ("懲戒", Kind::InsiderAccess),
        ("不正ログイン", Kind::Intrusion),
        ("カード情報", Kind::Intrusion),
    ];
    const BY_BODY: &[(&str, Kind)] = &[
        ("ランサムウェア", Kind::Ransomware),
        ("マルウェア", Kind::Malware),
        ("持ち出", Kind::DataTaken),
        ("スパムメール", Kind::AccountHijacked),
        ("設定ミス", Kind::Misconfiguration),
        ("設定不備", Kind::Misconfiguration),
        ("認証キー", Kind::Credentials),
        ("パスワード", Kind::Credentials),
        ("不正アクセス", Kind::Intrusion),
        ("流出", Kind::Disclosure),
    ];
    let find = |table: &[(&str, Kind)], text: &str| {
        table.iter().find(|(word, _)| text.contains(word)).map(|found| found.1)
    };
    find(BY_TITLE, title).or_else(|| find(BY_BODY, body))
}
