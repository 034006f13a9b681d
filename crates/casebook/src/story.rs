//! What a replay sends and what must become of it. The short form is one message; a story is a list
//! of steps that share one history and one clock.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::Bilingual;
use super::form::{Fields, Sheet};

/// The most sendings of one step; a typing error must not send a replay on for hours.
const MOST_TIMES: u64 = 10_000;

/// The steps of an incident's replay, at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    pub steps: Vec<Step>,
}

/// One step: a message that is sent once or several times.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What the step shows, for the report.
    pub note: Option<Bilingual>,
    /// The message's file: `message.eml`.
    pub message: String,
    /// How often it is sent.
    pub times: u64,
    /// How far the clock moves before the first sending.
    pub wait: Duration,
    /// How far the clock moves between two sendings.
    pub every: Duration,
    /// The envelope sender; none: the From field's.
    pub from: Option<String>,
    /// The envelope recipients; none: those of the To, Cc and Bcc fields.
    pub rcpt: Option<Vec<String>>,
    /// Where the client is; none: nowhere known.
    pub client: Option<IpAddr>,
    /// The controls that are watched at this step.
    pub controls: Vec<StepControl>,
    /// What must become of the last sending.
    pub expected: Expected,
}

/// A watched control as a step sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepControl {
    pub name: String,
    /// Whether it is past its date and Sekisho takes over.
    pub expired: bool,
}

/// What must become of a message. The words are those of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// `pass`, `rewrite`, `delay`, `hold` or `reject`.
    pub action: &'static str,
    /// `bcc` or `individual`; none: not asked about.
    pub rewrite: Option<&'static str>,
    /// `none`, `sender` or `second-person`; none: not asked about.
    pub approval: Option<&'static str>,
    /// The rules that must be among those that matched; empty with `pass`: none may match in force.
    pub rules: Vec<String>,
}

/// One message on its way in a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Sending<'a> {
    /// The step it belongs to, counted from 0, and the step itself.
    pub index: usize,
    pub step: &'a Step,
    /// How far the clock moves before it.
    pub wait: Duration,
    /// The message with `{n}` filled in.
    pub message: Vec<u8>,
    /// The envelope sender, where the step gives one.
    pub from: Option<String>,
    /// The envelope recipients, where the step gives them, with `{n}` filled in.
    pub rcpt: Option<Vec<String>>,
    /// What must become of it; only a step's last sending is asked about.
    pub expected: Option<&'a Expected>,
}

impl Expectation {
    /// All sendings in order. `{n}` in a message or a recipient is the how-manieth time that message
    /// file is sent, counted from 1 through the whole story; a file without it is the same message
    /// each time, as when an upstream server splits one mail.
    pub fn sendings<'a>(&'a self, messages: &BTreeMap<String, Vec<u8>>) -> Vec<Sending<'a>> {
        let mut sent: BTreeMap<&str, u64> = BTreeMap::new();
        let mut sendings = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let Some(message) = messages.get(&step.message) else {
                continue;
            };
            for time in 1..=step.times {
                let n = sent.entry(&step.message).or_default();
                *n += 1;
                let fill = |text: &String| text.replace("{n}", &n.to_string());
                sendings.push(Sending {
                    index,
                    step,
                    wait: if time == 1 { step.wait } else { step.every },
                    message: fill_bytes(message, *n),
                    from: step.from.as_ref().map(fill),
                    rcpt: step.rcpt.as_ref().map(|r| r.iter().map(fill).collect()),
                    expected: (time == step.times).then_some(&step.expected),
                });
            }
        }
        sendings
    }
}

/// Puts the number in the place of every `{n}`.
fn fill_bytes(message: &[u8], n: u64) -> Vec<u8> {
    const MARK: &[u8] = b"{n}";
    let mut filled = Vec::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = memchr::memmem::find(rest, MARK) {
        let (before, after) = rest.split_at(at);
        filled.extend_from_slice(before);
        filled.extend_from_slice(n.to_string().as_bytes());
        rest = after.get(MARK.len()..).unwrap_or_default();
    }
    filled.extend_from_slice(rest);
    filled
}

/// Reads `expect.toml`. What is missing or wrong is noted in the sheet.
pub(super) fn read(sheet: &mut Sheet<'_>) -> Option<Expectation> {
    let mut fields = sheet.top("an expectation")?;
    let steps = match fields.tables(sheet, "step", "a step") {
        Some(steps) => {
            for key in STEP_KEYS {
                if let Some(at) = fields.at_key(key) {
                    let message = format!("{key} stands outside the steps");
                    sheet.error(Some(at), message, "move it into its [[step]]");
                }
            }
            steps.into_iter().map(|s| step(sheet, s)).collect()
        }
        None => vec![step(sheet, fields)],
    };
    if steps.is_empty() {
        sheet.error(None, "there is no step", "add a [[step]] with its action");
    }
    Some(Expectation { steps })
}

const STEP_KEYS: &[&str] = &[
    "note", "message", "times", "wait", "every", "from", "rcpt", "client", "controls", "action", "rewrite",
    "approval", "rules",
];

fn step<'i>(sheet: &mut Sheet<'i>, mut fields: Fields<'i>) -> Step {
    let at = fields.at();
    let message = fields.text(sheet, "message");
    let message = message.map_or_else(|| "message.eml".to_string(), |m| m.0);
    let times_at = fields.at_key("times");
    let times = fields.number(sheet, "times").unwrap_or(1);
    if !(1..=MOST_TIMES).contains(&times) {
        let remedy = format!("times must be 1 to {MOST_TIMES}");
        sheet.error(times_at, format!("a step cannot be sent {times} times"), remedy);
    }
    let step = Step {
        note: fields.bilingual(sheet, "note"),
        message,
        times: times.min(MOST_TIMES),
        wait: fields.duration(sheet, "wait").unwrap_or_default(),
        every: fields.duration(sheet, "every").unwrap_or_default(),
        from: fields.text(sheet, "from").map(|f| f.0),
        rcpt: recipients(sheet, &mut fields),
        client: client(sheet, &mut fields),
        controls: controls(sheet, &mut fields),
        expected: expected(sheet, &mut fields, at),
    };
    fields.finish(sheet);
    step
}

fn recipients<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Option<Vec<String>> {
    let at = fields.at_key("rcpt");
    let list = fields.texts(sheet, "rcpt")?;
    if list.is_empty() {
        sheet.error(at, "rcpt is empty", "name recipients, or leave it out to take the header's");
    }
    for (address, at) in &list {
        if !address.contains('@') {
            let message = format!("\"{address}\" is no address");
            sheet.error(Some(*at), message, "write it as local@domain.example");
        }
    }
    Some(list.into_iter().map(|r| r.0).collect())
}

fn client<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Option<IpAddr> {
    let (text, at) = fields.text(sheet, "client")?;
    let client = text.parse().ok();
    if client.is_none() {
        let message = format!("client = \"{text}\" is no IP address");
        sheet.error(Some(at), message, "write it as \"192.0.2.10\" or \"2001:db8::10\"");
    }
    client
}

fn controls<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>) -> Vec<StepControl> {
    let mut controls = Vec::new();
    let tables = fields.tables(sheet, "controls", "a control");
    for mut control in tables.unwrap_or_default() {
        let name = control.need_text(sheet, "name", "\"forced-bcc gateway licence\"");
        let expired = control.flag(sheet, "expired").unwrap_or(false);
        control.finish(sheet);
        if let Some((name, _)) = name {
            controls.push(StepControl { name, expired });
        }
    }
    controls
}

fn expected<'i>(sheet: &mut Sheet<'i>, fields: &mut Fields<'i>, at: usize) -> Expected {
    const ACTIONS: &[&str] = &["pass", "rewrite", "delay", "hold", "reject"];
    if fields.at_key("action").is_none() {
        let remedy = format!("add action = one of {}", ACTIONS.join(", "));
        sheet.error(Some(at), "it does not say which action must be taken", remedy);
    }
    let action = word(sheet, fields, "action", ACTIONS).unwrap_or("hold");
    let rewrite = word(sheet, fields, "rewrite", &["bcc", "individual"]);
    let approval = word(sheet, fields, "approval", &["none", "sender", "second-person"]);
    let rules_at = fields.at_key("rules");
    let rules: Vec<_> = fields.texts(sheet, "rules").unwrap_or_default();
    if rules.is_empty() && action != "pass" {
        let remedy = "name them: rules = [\"exposed-recipients\"]";
        sheet.error(Some(rules_at.unwrap_or(at)), format!("no rule is named that must {action} it"), remedy);
    }
    Expected { action, rewrite, approval, rules: rules.into_iter().map(|r| r.0).collect() }
}

/// One of a closed set of words.
fn word<'i>(
    sheet: &mut Sheet<'i>,
    fields: &mut Fields<'i>,
    key: &'static str,
    known: &[&'static str],
) -> Option<&'static str> {
    let (text, at) = fields.text(sheet, key)?;
    let word = known.iter().find(|k| **k == text).copied();
    if word.is_none() {
        let message = format!("{key} = \"{text}\" is not known");
        sheet.error(Some(at), message, format!("known: {}", known.join(", ")));
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn numbers_run_through_the_story_and_waits_stand_before_their_sending() {
        let text = r#"
[[step]]
message = "spam.eml"
times = 2
wait = "1h"
every = "9s"
rcpt = ["a{n}@b{n}.example"]
action = "pass"
[[step]]
message = "spam.eml"
wait = "1m"
rcpt = ["a{n}@b{n}.example"]
action = "hold"
rules = ["burst"]
"#;
        let mut sheet = Sheet::new(Path::new("expect.toml"), text);
        let expectation = read(&mut sheet).unwrap();
        assert_eq!(sheet.errors, []);
        let messages =
            BTreeMap::from([("spam.eml".to_string(), b"Message-ID: <{n}@x>\r\n\r\n{n}{n".to_vec())]);
        let sendings = expectation.sendings(&messages);
        let told: Vec<_> = sendings
            .iter()
            .map(|s| {
                (
                    s.wait.as_secs(),
                    String::from_utf8(s.message.clone()).unwrap(),
                    s.rcpt.clone().unwrap().concat(),
                    s.expected.map(|e| e.action),
                )
            })
            .collect();
        let line = |n| format!("Message-ID: <{n}@x>\r\n\r\n{n}{{n");
        assert_eq!(
            told,
            [
                (3600, line(1), "a1@b1.example".to_string(), None),
                (9, line(2), "a2@b2.example".to_string(), Some("pass")),
                (60, line(3), "a3@b3.example".to_string(), Some("hold")),
            ]
        );
    }

    #[test]
    fn every_mistake_is_told() {
        let text = r#"rcpt = ["x@y.example"]
[[step]]
times = 0
client = "here"
rcpt = ["nobody"]
controls = [{ nam = "x" }]
action = "stop"
[[step]]
action = "rewrite"
rewrite = "cc"
approval = "boss"
wait = "soon"
"#;
        let mut sheet = Sheet::new(Path::new("expect.toml"), text);
        read(&mut sheet);
        sheet.errors.sort_by_key(|e| e.line);
        let told: Vec<_> = sheet.errors.iter().map(|e| (e.line, e.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (Some(1), "rcpt stands outside the steps"),
                (Some(2), "no rule is named that must hold it"),
                (Some(3), "a step cannot be sent 0 times"),
                (Some(4), "client = \"here\" is no IP address"),
                (Some(5), "\"nobody\" is no address"),
                (Some(6), "a control needs name"),
                (Some(6), "a control has no field nam"),
                (Some(7), "action = \"stop\" is not known"),
                (Some(8), "no rule is named that must rewrite it"),
                (Some(10), "rewrite = \"cc\" is not known"),
                (Some(11), "approval = \"boss\" is not known"),
                (Some(12), "wait = \"soon\" is not a length of time"),
            ]
        );
    }
}
