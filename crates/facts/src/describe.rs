//! The vocabulary, told: as text for `sekisho facts`, as JSON, and as the page `docs/facts.md`.

use std::fmt::Write as _;

use super::table::{GROUPS, TABLE};

/// The vocabulary for a terminal: a line a fact, group by group.
pub fn describe() -> String {
    let path = TABLE.iter().map(|f| f.path.len()).max().unwrap_or(0);
    let mut out = String::new();
    for group in GROUPS {
        let _ = writeln!(out, "{} — {}", group.name, group.meaning);
        for fact in TABLE.iter().filter(|f| f.group == group.name) {
            let kind = fact.kind.to_string();
            let _ = writeln!(out, "  {:path$}  {kind:12}  {}", fact.path, fact.meaning);
        }
        out.push('\n');
    }
    out
}

/// The vocabulary as JSON: a list of facts, in the order of the table.
pub fn describe_json() -> serde_json::Value {
    let facts = TABLE.iter().map(|f| {
        serde_json::json!({
            "fact": f.path,
            "type": f.kind.to_string(),
            "meaning": { "en": f.meaning, "ja": f.meaning_ja },
            "example": f.example,
        })
    });
    facts.collect()
}

/// The page `docs/facts.md`.
pub fn describe_markdown() -> String {
    let mut out = String::from(
        "# Facts\n\n\
         What a rule's condition can ask about a message. A condition is a\n\
         [CEL](https://cel.dev) expression that is true or false. Every fact is always there: a\n\
         count is 0, a text or a list empty where there is nothing to tell.\n\n\
         This page is written by `sekisho facts --markdown`; a test keeps it equal to the code.\n",
    );
    for group in GROUPS {
        let _ = write!(
            out,
            "\n## {}\n{} ({}).\n\n| fact | type | meaning | example |\n|---|---|---|---|\n",
            group.name, group.meaning, group.meaning_ja
        );
        for fact in TABLE.iter().filter(|f| f.group == group.name) {
            let _ = writeln!(
                out,
                "| `{}` | {} | {}<br>{} | `{}` |",
                fact.path,
                fact.kind,
                cell(fact.meaning),
                cell(fact.meaning_ja),
                cell(fact.example)
            );
        }
    }
    out.push_str(LANGUAGE);
    out
}

/// A table cell of Markdown ends at a bar.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

const LANGUAGE: &str = r#"
## The language
| write | for |
|---|---|
| `==` `!=` `<` `<=` `>` `>=` | comparing two numbers or two texts; `==` and `!=` also compare lists |
| `&&` `\|\|` `!` `? :` | and, or, not, choice |
| `+` `-` `*` `/` `%` | arithmetic on whole numbers; `+` also joins texts and lists |
| `size(x)` | the length of a text (in characters) or of a list |
| `x in list` | whether a list has an element |
| `text.contains(s)` `.startsWith(s)` `.endsWith(s)` | whether a text has another in it; upper and lower case differ |
| `text.matches("(?i)invoice")` | a regular expression, anywhere in the text; it is compiled when the rule is loaded |
| `list.exists(x, …)` `.all(x, …)` `.exists_one(x, …)` | whether some, all, or exactly one element meets a condition |
| `list.filter(x, …)` `.map(x, …)` | a list with the elements that meet a condition, or made anew from each |
| `int(text)` `string(number)` `list[0]` | conversions and elements; one that fails holds the message |

Numbers are whole numbers. A condition is checked when it is loaded: an unknown fact, a comparison
of unlike types, and a condition that does not depend on the message are errors, with file and line.
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/facts.md");
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == describe_markdown(),
            "docs/facts.md is not what the table says: write it anew with `sekisho facts --markdown > docs/facts.md`"
        );
    }

    #[test]
    fn every_fact_is_told() {
        let text = describe();
        let json = describe_json();
        for fact in TABLE {
            assert!(text.contains(fact.path) && text.contains(fact.meaning));
        }
        assert_eq!(json.as_array().map(Vec::len), Some(TABLE.len()));
        assert_eq!(json[0]["fact"], "message.id");
    }
}
