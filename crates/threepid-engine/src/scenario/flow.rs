//! Follows the values through a scenario before anything runs.
//!
//! Takes the steps of one case; notes every value that is used before anything binds it, every actor that is not
//! declared, and every one that is declared and never used.

use std::collections::BTreeSet;

use super::diagnostic::{self, Diagnostic};
use super::holes::Holes;
use super::keys::{IDENTITY_SERVER, NEEDS};
use super::names::{ALWAYS, OF_IDENTITY, shown};
use super::read::Reader;
use super::step::{Sender, Step};
use super::template::Text;
use super::text::Placeholder;
use crate::scenario::node::Span;

/// What was read of one case.
pub(super) struct CaseRead<'s> {
    /// Its steps, as far as they could be read.
    pub(super) steps: &'s [Step],
    /// What could not be read: only what is wrong all the same is noted.
    pub(super) holes: Holes,
    /// The names of inputs, for suggestions.
    pub(super) inputs: BTreeSet<String>,
}

/// Checks all cases of a scenario.
pub(super) fn check(reader: &Reader<'_>, actors: &[(String, Span)], needs: &[(String, Span)], cases: &[CaseRead<'_>]) {
    let has = |name: &str| needs.iter().any(|(need, _)| need == name);
    let identity = has(IDENTITY_SERVER);
    let mut used = BTreeSet::new();
    let mut unsent: Option<BTreeSet<Diagnostic>> = None;
    for case in cases {
        let known = ALWAYS.iter().chain(if identity { OF_IDENTITY } else { &[] });
        let bound = known.map(|name| (*name).to_owned()).collect();
        let flow = Flow { reader, actors, bound, used: BTreeSet::new(), unsent: BTreeSet::new(), case };
        let (own_used, own_unsent) = check_case(flow, &has);
        used.extend(own_used);
        // One row may leave out what the others send, and still no mail may come.
        unsent = Some(match unsent {
            Some(before) => before.intersection(&own_unsent).cloned().collect(),
            None => own_unsent,
        });
    }
    unsent.into_iter().flatten().for_each(|fault| reader.fault(fault));
    for (name, span) in actors {
        let may_be_used = || cases.is_empty() || cases.iter().any(|case| case.holes.may_use(name));
        if !used.contains(name) && !may_be_used() {
            reader.fault(
                Diagnostic::new(*span, "unused-actor", format!("the actor `{name}` does nothing"))
                    .label("declared here")
                    .help("each actor costs an account; leave out who is not needed"),
            );
        }
    }
}

/// Checks one case; gives the actors that do something in it, and the addresses that nothing sends.
fn check_case(mut flow: Flow<'_>, has: &dyn Fn(&str) -> bool) -> (BTreeSet<String>, BTreeSet<Diagnostic>) {
    for step in flow.case.steps {
        if let Some(need) = step.action.need()
            && !has(need)
        {
            flow.reader.fault(needs_it(step.span, need));
        }
        for request in step.action.requests() {
            if let Sender::Actor(name, span) = &request.sender {
                flow.actor(name, *span);
            }
        }
        step.when.iter().chain(&step.unless).for_each(|text| flow.asked(text));
        step.action.mailbox().into_iter().for_each(|to| flow.awaited(to));
        step.action.each_text(&mut |text| flow.sent(text));
        if let Some(proceed) = &step.proceed_if {
            proceed.pattern.each_text(&mut |text| flow.expected(text));
            proceed.otherwise.iter().for_each(|text| flow.asked(text));
        }
        for check in &step.checks {
            check.pattern.each_text(&mut |text| flow.expected(text));
            for alternative in &check.one_of {
                alternative.pattern.each_text(&mut |text| flow.expected(text));
            }
        }
    }
    (flow.used, flow.unsent)
}

struct Flow<'a> {
    reader: &'a Reader<'a>,
    actors: &'a [(String, Span)],
    bound: BTreeSet<String>,
    used: BTreeSet<String>,
    /// Mailboxes that are watched, though their address was not sent.
    unsent: BTreeSet<Diagnostic>,
    case: &'a CaseRead<'a>,
}

impl Flow<'_> {
    fn actor(&mut self, name: &str, span: Span) {
        self.used.insert(name.to_owned());
        // An input that was not given is missed where the fragment is used.
        let given = !self.case.holes.has(shown(name.trim_start_matches('<').trim_end_matches('>')));
        if given && !self.actors.iter().any(|(actor, _)| actor == name) {
            let name = written(name);
            self.reader.fault(
                Diagnostic::new(span, "unknown-actor", format!("unknown actor `{name}`"))
                    .label("not declared")
                    .nearest(&name, self.actors.iter().map(|(actor, _)| actor.as_str())),
            );
        }
    }

    /// An actor's fact; true if the placeholder was one.
    fn fact(&mut self, text: &Text, placeholder: &Placeholder) -> bool {
        let Some((owner, fact)) = placeholder.of_actor() else {
            return false;
        };
        let span = self.reader.part(text.span, &format!("<{}", placeholder.name));
        self.actor(owner, span);
        if !Placeholder::ACTOR_FACTS.contains(&fact) {
            self.reader.fault(
                Diagnostic::new(span, "unknown-fact", format!("nothing called `{fact}` is known of an actor"))
                    .label("here")
                    .nearest(fact, Placeholder::ACTOR_FACTS.iter().copied()),
            );
        }
        true
    }

    /// A text that is filled in before a step: everything in it must be known or be made.
    fn sent(&mut self, text: &Text) {
        for placeholder in text.placeholders() {
            if placeholder.optional && text.as_placeholder().is_none() {
                self.misplaced(text, placeholder);
                continue;
            }
            if self.fact(text, placeholder) || self.bound.contains(&placeholder.name) {
                continue;
            }
            match placeholder.value_type {
                // It may have no value.
                Some(_) if placeholder.optional => {}
                Some(value_type) if value_type.facts().generated => {
                    self.bound.insert(placeholder.name.clone());
                }
                value_type => self.unbound(text, placeholder, value_type.is_some()),
            }
        }
    }

    /// The address of a mailbox: mail comes only to what was sent before, or is known otherwise.
    fn awaited(&mut self, to: &Text) {
        for placeholder in to.placeholders() {
            let is_made = placeholder.value_type.is_some_and(|value_type| value_type.facts().generated);
            let name = shown(&placeholder.name);
            if !is_made || self.bound.contains(&placeholder.name) || self.case.holes.may_bind(name) {
                continue;
            }
            let span = self.reader.part(to.span, &format!("<{name}"));
            self.unsent.insert(
                Diagnostic::new(span, "never-sent", format!("no request before this step sends `<{name}>`"))
                    .label("made here: nobody could have written to it")
                    .help("send it before, `body: {email: <email>}`, or wait for mail to the address that was sent"),
            );
        }
    }

    /// A condition: what it asks for may have come up before it.
    fn asked(&mut self, text: &Text) {
        for placeholder in text.placeholders() {
            if !self.fact(text, placeholder) && !self.bound.contains(&placeholder.name) {
                self.unbound(text, placeholder, placeholder.value_type.is_some());
            }
        }
    }

    /// A text that is held against an answer: what is new in it is bound there.
    fn expected(&mut self, text: &Text) {
        for placeholder in text.placeholders() {
            if placeholder.optional {
                self.misplaced(text, placeholder);
                continue;
            }
            if self.fact(text, placeholder) || self.bound.contains(&placeholder.name) {
                continue;
            }
            if !placeholder.filters.is_empty() || placeholder.value_type.is_none() {
                self.unbound(text, placeholder, placeholder.value_type.is_some());
            } else if placeholder.binds() {
                self.bound.insert(placeholder.name.clone());
            }
        }
    }

    /// An optional value where nothing can be left out.
    fn misplaced(&self, text: &Text, placeholder: &Placeholder) {
        let span = self.reader.part(text.span, &format!("<{}?", shown(&placeholder.name)));
        self.reader.fault(
            Diagnostic::new(span, "optional", "only what is sent can be left out, and only as a whole")
                .label("optional here")
                .help("`<session?>` stands alone as the value of a key, a header or a parameter that is sent"),
        );
    }

    fn unbound(&self, text: &Text, placeholder: &Placeholder, has_type: bool) {
        let name = shown(&placeholder.name);
        let holes = &self.case.holes;
        if if has_type { holes.may_bind(name) } else { holes.has(name) } {
            return;
        }
        let span = self.reader.part(text.span, &format!("<{name}"));
        let fault = if OF_IDENTITY.contains(&name) {
            needs_it(span, IDENTITY_SERVER)
        } else if has_type {
            Diagnostic::new(span, "unbound", format!("`<{name}>` is used before anything binds it"))
                .label("no value yet")
                .help("an earlier step's expectation must name it, or a fragment that gives it must be used before")
        } else {
            match self.unknown(name, span) {
                Some(fault) => fault,
                None => return,
            }
        };
        self.reader.fault(fault);
    }

    /// A name that is neither a value nor a type. Where a fragment is missing it may be one of its outputs, unless it
    /// looks like another name.
    fn unknown(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let values: BTreeSet<&str> = self.bound.iter().map(|name| shown(name)).collect();
        let inputs: BTreeSet<&str> = self.case.inputs.iter().map(String::as_str).collect();
        let types: BTreeSet<&str> =
            super::types::TYPES.iter().map(|facts| facts.name).filter(|name| !values.contains(name)).collect();
        let fault = Diagnostic::new(span, "unknown-value", format!("nothing is called `<{name}>`"))
            .label("neither a value nor a type");
        match diagnostic::nearest(name, values.iter().chain(&inputs).chain(&types).copied()) {
            Some(near) => Some(fault.help(format!("did you mean `{near}`?"))),
            None if self.case.holes.anything => None,
            None => {
                let known = [listed("values", &values), listed("inputs", &inputs), listed("types", &types)];
                Some(fault.help(format!("known here: {}", known.into_iter().flatten().collect::<Vec<_>>().join("; "))))
            }
        }
    }
}

/// ``values `sid`, `token` ``, or nothing if there is none.
fn listed(what: &str, names: &BTreeSet<&str>) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
}

fn needs_it(span: Span, need: &str) -> Diagnostic {
    let what = NEEDS.iter().find(|known| known.name == need).map_or("", |known| known.about);
    Diagnostic::new(span, "missing-need", format!("this takes a target that {what}"))
        .label("used here")
        .help(format!("add `{need}` to `needs`"))
}

/// A text as the file has it: an actor may be an input that could not be read, `<actor>`.
fn written(text: &str) -> String {
    match text.strip_suffix('>') {
        Some(inner) => format!("{}>", shown(inner)),
        None => shown(text).to_owned(),
    }
}
