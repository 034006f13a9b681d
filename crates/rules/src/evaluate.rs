//! From facts to a verdict: every rule is tried, every match recorded, and the most severe action of
//! the rules in force wins. What cannot be evaluated is held.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::evidence::evidence;
use super::exceptions::Exception;
use super::model::Rule;
use super::verdict::{Action, Approval, Match, Mode, Verdict};
use casebook::LoadError;
use facts::Facts;
use terms::clock::Timestamp;

/// The rules of the house, checked and compiled. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Arc<[Rule]>,
    exceptions: Arc<[Exception]>,
    /// Exceptions besides those of the rules' own file.
    kept: Arc<[Exception]>,
    /// Days are counted in it.
    zone: TimeZone,
}

impl RuleSet {
    pub(super) fn new(rules: Vec<Rule>, exceptions: Vec<Exception>) -> Self {
        let (rules, exceptions) = (rules.into(), exceptions.into());
        RuleSet { rules, exceptions, kept: Arc::default(), zone: TimeZone::system() }
    }

    /// The same rules, with days counted in this zone.
    pub fn in_zone(&self, zone: TimeZone) -> RuleSet {
        RuleSet { zone, ..self.clone() }
    }

    /// The same rules, with these exceptions besides those of their own file. One from a rule that is
    /// not there changes nothing.
    pub fn with_kept(&self, kept: Vec<Exception>) -> RuleSet {
        RuleSet { kept: kept.into(), ..self.clone() }
    }

    /// The rules, in the order of their files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The exceptions of the rules' own file, past ones too.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// The exceptions besides them.
    pub fn kept(&self) -> &[Exception] {
        &self.kept
    }

    /// What is not wrong but should be looked at: exceptions past their date.
    pub fn warnings(&self, now: Timestamp) -> Vec<LoadError> {
        let today = self.today(now);
        self.exceptions.iter().filter_map(|e| e.expired(today)).collect()
    }

    /// Whether a rule asks about the whole content of a message with these facts. An exception does not
    /// change that: what a rule would have found is recorded all the same.
    pub fn wait_for_reading(&self, facts: &Facts) -> bool {
        self.rules.iter().any(|r| r.when.waits_for_reading(facts))
    }

    /// What is to happen to a message with these facts. `now` decides which exceptions still hold.
    pub fn evaluate(&self, facts: &Facts, now: Timestamp) -> Verdict {
        let mut verdict = Verdict::pass();
        for rule in self.rules.iter() {
            match rule.when.holds(facts) {
                Ok(false) => {}
                Ok(true) => {
                    let exception = self.exception_from(rule, facts, now);
                    match exception {
                        None if rule.mode == Mode::Enforce => raise(&mut verdict, rule),
                        _ => {}
                    }
                    verdict.matches.push(matched(rule, facts, exception));
                }
                Err(why) => self.fail(&mut verdict, rule, facts, now, &why),
            }
        }
        verdict
    }

    /// A rule that could not be evaluated: the message is held, unless the rule is not in force.
    fn fail(&self, verdict: &mut Verdict, rule: &Rule, facts: &Facts, now: Timestamp, why: &str) {
        let exception = self.exception_from(rule, facts, now);
        let told = format!("rule {} could not be evaluated: {why}", rule.id);
        if rule.mode == Mode::Monitor || exception.is_some() {
            let mut noted = matched(rule, facts, exception);
            noted.mode = Mode::Monitor;
            noted.evidence.push(told);
            verdict.matches.push(noted);
            return;
        }
        if verdict.action <= Action::Hold {
            verdict.action = Action::Hold;
            verdict.approval = Approval::SecondPerson;
            verdict.delay = None;
        }
        match &mut verdict.error {
            Some(error) => {
                error.push_str("; ");
                error.push_str(&told);
            }
            None => verdict.error = Some(told),
        }
    }

    fn exception_from(&self, rule: &Rule, facts: &Facts, now: Timestamp) -> Option<&Exception> {
        let all = self.exceptions.iter().chain(self.kept.iter());
        let mut of_rule = all.filter(|e| e.rule == rule.id).peekable();
        of_rule.peek()?;
        let today = self.today(now);
        of_rule.find(|e| e.is_for(facts, today))
    }

    /// The day that it is then.
    pub fn today(&self, now: Timestamp) -> Date {
        self.zone.to_datetime(now).date()
    }
}

/// Takes up what a matching rule in force asks for. Approval and delay belong to the winning action;
/// a rewrite is kept beside any action, to be done when the message leaves.
fn raise(verdict: &mut Verdict, rule: &Rule) {
    verdict.rewrite = verdict.rewrite.max(rule.rewrite);
    if rule.action > verdict.action {
        verdict.action = rule.action;
        verdict.approval = rule.approval;
        verdict.delay = rule.delay;
    } else if rule.action == verdict.action {
        verdict.approval = verdict.approval.max(rule.approval);
        verdict.delay = verdict.delay.max(rule.delay);
    }
}

fn matched(rule: &Rule, facts: &Facts, exception: Option<&Exception>) -> Match {
    let mut evidence = evidence(rule.when.facts(), facts);
    if let Some(e) = exception {
        evidence.push(e.mark());
    }
    Match {
        id: rule.id.clone(),
        action: rule.action,
        rewrite: rule.rewrite,
        approval: rule.approval,
        mode: if exception.is_some() { Mode::Monitor } else { rule.mode },
        incidents: rule.incidents.clone(),
        evidence,
        reason: rule.reason.clone(),
        tell_admin: rule.tell_admin,
    }
}
