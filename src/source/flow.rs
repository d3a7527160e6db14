//! What a name stands for in this file: constants, concatenation, defaults, one file and no more.
//!
//! Names are looked for in the function first, then in its class, then in the module; of several assignments the last one before the
//! use counts, and with it those in branches that may have run since. Everything is bounded: what is deeper, longer or more than the
//! bounds becomes a hole, which is never wrong. Nothing is known here of databases.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::text::Secret;
use crate::text::template::{Filling, Hole, Literal, Part, Span, Template};

use super::expression::{Call, Expression, ExpressionKind};
use super::fact::{Assignment, Fact, Facts, Scope};

mod format;
mod lookup;

pub use lookup::{Lookup, lookup};

/// Most names that are followed one after the other.
const DEEPEST: usize = 24;

/// Most values that one expression has.
const MOST_VALUES: usize = 8;

/// Most steps of one question.
const MOST_STEPS: usize = 512;

/// Most parts of a text that is put together.
const MOST_PARTS: usize = 1024;

/// Most bytes of a text that is put together; a longer one is left open.
const LONGEST: usize = 16 * 1024;

/// The names of a file and what they are given.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// By target, in the order of the file.
    assignments: BTreeMap<&'a str, Vec<Assigned<'a>>>,
    scopes: Blocks<'a>,
    branches: Blocks<'a>,
    /// Places in `scopes` by name.
    functions: BTreeMap<&'a str, Vec<usize>>,
    /// What functions give back, as far as it can be told: places in `scopes` and expressions.
    returned: BTreeMap<usize, Vec<&'a Expression>>,
    /// What names of imports are called in their own module: `sa.create_engine` is `sqlalchemy.create_engine`.
    imported: BTreeMap<&'a str, String>,
}

#[derive(Clone, Copy, Debug)]
struct Assigned<'a> {
    assignment: &'a Assignment,
    scope: Option<usize>,
    branch: Option<usize>,
}

/// Nested pieces of a file, such as functions, by where they begin.
#[derive(Clone, Debug, Default)]
struct Blocks<'a> {
    blocks: Vec<Block<'a>>,
}

#[derive(Clone, Debug)]
struct Block<'a> {
    span: Span,
    parent: Option<usize>,
    scope: Option<&'a Scope>,
}

impl<'a> Blocks<'a> {
    fn of(mut spans: Vec<(Span, Option<&'a Scope>)>) -> Self {
        spans.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut blocks: Vec<Block<'a>> = Vec::with_capacity(spans.len());
        let mut open: Vec<usize> = Vec::new();
        for (span, scope) in spans {
            while open
                .last()
                .is_some_and(|last| blocks[*last].span.end <= span.start)
            {
                open.pop();
            }
            let parent = open.last().copied();
            open.push(blocks.len());
            blocks.push(Block {
                span,
                parent,
                scope,
            });
        }
        Self { blocks }
    }

    /// Returns the innermost block at a place.
    fn at(&self, place: usize) -> Option<usize> {
        let after = self
            .blocks
            .partition_point(|block| block.span.start <= place);
        let mut block = after.checked_sub(1);
        while let Some(index) = block {
            if place < self.blocks[index].span.end {
                return block;
            }
            block = self.blocks[index].parent;
        }
        None
    }

    /// Returns a block and those around it, innermost first.
    fn up(&self, from: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(from, |index| self.blocks[*index].parent)
    }
}

/// What one question may still cost.
struct Budget {
    steps: Cell<usize>,
}

impl Budget {
    fn new() -> Self {
        Self {
            steps: Cell::new(MOST_STEPS),
        }
    }

    fn spend(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }
}

impl<'a> Names<'a> {
    /// Collects the names of a file.
    pub fn of(facts: &'a Facts) -> Self {
        let mut scopes = Vec::new();
        let mut branches = Vec::new();
        for fact in &facts.facts {
            match fact {
                Fact::Scope(scope) => scopes.push((scope.span.clone(), Some(scope))),
                Fact::Branch(span) => branches.push((span.clone(), None)),
                _ => {}
            }
        }
        let mut names = Self {
            scopes: Blocks::of(scopes),
            branches: Blocks::of(branches),
            ..Self::default()
        };
        for (index, block) in names.scopes.blocks.iter().enumerate() {
            if let Some(scope) = block.scope.filter(|scope| !scope.name.is_empty()) {
                names.functions.entry(&scope.name).or_default().push(index);
            }
        }
        for fact in &facts.facts {
            names.take(fact);
        }
        for assigned in names.assignments.values_mut() {
            assigned.sort_by_key(|assigned| assigned.assignment.span.start);
        }
        names
    }

    fn take(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Assignment(assignment) => {
                let place = assignment.target_span.start;
                let assigned = Assigned {
                    assignment,
                    scope: self.scopes.at(place),
                    branch: self.branches.at(place),
                };
                self.assignments
                    .entry(&assignment.target)
                    .or_default()
                    .push(assigned);
            }
            Fact::Expression(expression) => self.take_returned(expression),
            Fact::Import(import) => {
                if let Some(alias) = &import.alias {
                    self.imported.insert(alias, import.module.clone());
                }
                for (name, here) in &import.names {
                    self.imported
                        .insert(here, format!("{}.{name}", import.module));
                }
            }
            _ => {}
        }
    }

    /// Remembers a value that a function may give back. Conditions are facts of the same kind, but hardly ever texts.
    fn take_returned(&mut self, expression: &'a Expression) {
        if matches!(
            expression.kind,
            ExpressionKind::Other(_) | ExpressionKind::Boolean(_) | ExpressionKind::Null
        ) {
            return;
        }
        if let Some(scope) = self.scopes.at(expression.span.start) {
            self.returned.entry(scope).or_default().push(expression);
        }
    }

    /// Returns what an expression may be: a name is followed to what it was given, the last one first; one of several is all of them.
    pub fn values(&self, expression: &'a Expression) -> Vec<&'a Expression> {
        let mut values = Vec::new();
        self.values_into(expression, DEEPEST, &Budget::new(), &mut values);
        values
    }

    fn values_into(
        &self,
        expression: &'a Expression,
        depth: usize,
        budget: &Budget,
        values: &mut Vec<&'a Expression>,
    ) {
        if values.len() >= MOST_VALUES || !budget.spend() {
            return;
        }
        if depth > 0 {
            match &expression.kind {
                ExpressionKind::Name(name) => {
                    let given = self.given(name, expression.span.start, depth);
                    let whole: Vec<&'a Expression> = given
                        .iter()
                        .filter(|given| !given.is_added)
                        .map(|given| given.value)
                        .collect();
                    if !whole.is_empty() {
                        for value in whole.into_iter().rev() {
                            self.values_into(value, depth - 1, budget, values);
                        }
                        return;
                    }
                }
                ExpressionKind::Either(several) => {
                    for one in several {
                        self.values_into(one, depth - 1, budget, values);
                    }
                    return;
                }
                _ => {}
            }
        }
        if !values.iter().any(|value| std::ptr::eq(*value, expression)) {
            values.push(expression);
        }
    }

    /// Returns what a name is given last, as seen from a place, without following it further.
    pub fn value_of(&self, name: &str, place: usize) -> Option<&'a Expression> {
        let given = self.given(name, place, DEEPEST);
        given
            .iter()
            .rev()
            .find(|given| !given.is_added)
            .map(|given| given.value)
    }

    /// Returns what a name is in its own module: `sa.create_engine` is `sqlalchemy.create_engine` after `import sqlalchemy as sa`.
    pub fn origin(&self, name: &str) -> String {
        let (first, rest) = name
            .split_once('.')
            .map_or((name, None), |(first, rest)| (first, Some(rest)));
        match (self.imported.get(first), rest) {
            (Some(module), Some(rest)) => format!("{module}.{rest}"),
            (Some(module), None) => module.clone(),
            (None, _) => name.to_owned(),
        }
    }

    /// Returns the assignments to the attributes of a name that stand in the same scope as a place: `ctx.verify_mode = …` for `ctx`.
    pub fn writes(&self, owner: &str, place: usize) -> Vec<&'a Assignment> {
        let prefix = format!("{owner}.");
        let scope = self.scopes.at(place);
        let mut writes: Vec<&'a Assignment> = self
            .assignments
            .range(prefix.as_str()..)
            .take_while(|(target, _)| target.starts_with(&prefix))
            .flat_map(|(_, assigned)| assigned)
            .filter(|assigned| assigned.scope == scope)
            .map(|assigned| assigned.assignment)
            .collect();
        writes.sort_by_key(|assignment| assignment.span.start);
        writes
    }

    /// Returns the innermost function or class at a place.
    pub fn scope_at(&self, place: usize) -> Option<&'a Scope> {
        self.scopes
            .at(place)
            .and_then(|index| self.scopes.blocks[index].scope)
    }

    /// Returns the functions and classes at a place, innermost first.
    pub fn scopes_at(&self, place: usize) -> Vec<&'a Scope> {
        self.scopes
            .up(self.scopes.at(place))
            .filter_map(|index| self.scopes.blocks[index].scope)
            .collect()
    }

    /// Whether what stands at a place may not run: it is in a branch.
    pub fn is_in_branch(&self, place: usize) -> bool {
        self.branches.at(place).is_some()
    }

    /// Returns what the functions of a name give back, as far as it can be told.
    pub fn returned(&self, function: &str) -> Vec<&'a Expression> {
        let last = function.rsplit('.').next().unwrap_or(function);
        self.functions
            .get(last)
            .into_iter()
            .flatten()
            .filter_map(|scope| self.returned.get(scope))
            .flatten()
            .copied()
            .take(MOST_VALUES)
            .collect()
    }

    /// Returns what a name is given, as seen from a place: the last one that surely counts, and what may have come since.
    fn given(&self, name: &str, place: usize, depth: usize) -> Vec<Given<'a>> {
        if let Some(given) = self.given_as(name, place) {
            return given;
        }
        let Some((owner, member)) = name.rsplit_once('.') else {
            return Vec::new();
        };
        if let Some(value) = self.entry_of(owner, member, place, depth) {
            return vec![Given {
                value,
                is_added: false,
            }];
        }
        self.member(owner, member, place)
    }

    /// Looks for exactly this target, in the scopes at the place first.
    fn given_as(&self, name: &str, place: usize) -> Option<Vec<Given<'a>>> {
        let here = self.scopes.at(place);
        for scope in self.scopes.up(here) {
            let block = &self.scopes.blocks[scope];
            let is_own = here == Some(scope);
            // The names of a class are not those of its methods.
            if !is_own && block.scope.is_some_and(|scope| scope.is_type) {
                continue;
            }
            let found = self.in_scope(name, Some(scope), place, is_own);
            if !found.is_empty() {
                return Some(found);
            }
            let parameter = block.scope.and_then(|scope| {
                scope
                    .parameters
                    .iter()
                    .find(|(parameter, _)| parameter == name)
            });
            if let Some((_, default)) = parameter {
                return Some(match default {
                    Some(value) if !matches!(value.kind, ExpressionKind::Null) => vec![Given {
                        value,
                        is_added: false,
                    }],
                    _ => Vec::new(),
                });
            }
        }
        let found = self.in_scope(name, None, place, here.is_none());
        (!found.is_empty()).then_some(found)
    }

    /// Returns what a target is given in one scope: before the place where the place is in it, else at its end.
    fn in_scope(
        &self,
        name: &str,
        scope: Option<usize>,
        place: usize,
        is_own: bool,
    ) -> Vec<Given<'a>> {
        let Some(assigned) = self.assignments.get(name) else {
            return Vec::new();
        };
        let until = if is_own {
            assigned.partition_point(|assigned| assigned.assignment.span.end <= place)
        } else {
            assigned.len()
        };
        let around: BTreeSet<usize> = self.branches.up(self.branches.at(place)).collect();
        let mut found = Vec::new();
        for assigned in assigned[..until]
            .iter()
            .rev()
            .filter(|assigned| assigned.scope == scope)
            .take(MOST_VALUES)
        {
            found.push(Given {
                value: &assigned.assignment.value,
                is_added: assigned.assignment.added,
            });
            let is_sure = assigned
                .branch
                .is_none_or(|branch| around.contains(&branch) && is_own);
            if is_sure && !assigned.assignment.added {
                break;
            }
        }
        if found.is_empty() && is_own {
            // Read before it is given, as far as the order of the file tells: a loop, or a reader that has no branches.
            found = assigned[until..]
                .iter()
                .filter(|assigned| {
                    assigned.scope == scope && !assigned.assignment.span.contains(&place)
                })
                .take(1)
                .map(|assigned| Given {
                    value: &assigned.assignment.value,
                    is_added: assigned.assignment.added,
                })
                .collect();
        }
        found.reverse();
        found
    }

    /// Returns the value at a key of the map that a name is given.
    fn entry_of(
        &self,
        owner: &str,
        key: &str,
        place: usize,
        depth: usize,
    ) -> Option<&'a Expression> {
        if depth == 0 {
            return None;
        }
        let given = if let Some(given) = self.given_as(owner, place) {
            given
        } else {
            let (outer, inner) = owner.rsplit_once('.')?;
            vec![Given {
                value: self.entry_of(outer, inner, place, depth - 1)?,
                is_added: false,
            }]
        };
        given.iter().rev().find_map(|given| match given.value.kind {
            ExpressionKind::Map(_) => given.value.get(key),
            _ => None,
        })
    }

    /// Returns what a member of a class of this file is given: `self.url`, `Settings.url`, `settings.url`.
    fn member(&self, owner: &str, member: &str, place: usize) -> Vec<Given<'a>> {
        let Some(assigned) = self.assignments.get(member) else {
            return Vec::new();
        };
        let is_self = matches!(
            owner.rsplit('.').next().unwrap_or(owner),
            "self" | "this" | "cls"
        );
        let class = if is_self {
            self.scopes.up(self.scopes.at(place)).find(|scope| {
                self.scopes.blocks[*scope]
                    .scope
                    .is_some_and(|scope| scope.is_type)
            })
        } else {
            self.class_of(owner, place)
        };
        let Some(class) = class else {
            return Vec::new();
        };
        assigned
            .iter()
            .rev()
            .filter(|assigned| assigned.scope == Some(class))
            .take(1)
            .map(|assigned| Given {
                value: &assigned.assignment.value,
                is_added: false,
            })
            .collect()
    }

    /// Returns the class of this file that a name is, or is made of.
    fn class_of(&self, name: &str, place: usize) -> Option<usize> {
        let class = |name: &str| {
            let last = name.rsplit('.').next().unwrap_or(name);
            self.functions.get(last)?.iter().copied().find(|scope| {
                self.scopes.blocks[*scope]
                    .scope
                    .is_some_and(|scope| scope.is_type)
            })
        };
        class(name).or_else(|| {
            let given = self.given_as(name, place)?;
            let call = given.last()?.value.call()?;
            class(&call.callee)
        })
    }
}

/// A value of a name.
#[derive(Clone, Copy, Debug)]
struct Given<'a> {
    value: &'a Expression,
    is_added: bool,
}

impl Names<'_> {
    /// Returns the one text that an expression is; where it may be several, the most likely.
    pub fn text(&self, expression: &Expression) -> Option<Template> {
        self.texts(expression).into_iter().next()
    }

    /// Returns the texts that an expression may be: joined, formatted, with what is open as holes. Nothing for what is no text at all.
    pub fn texts(&self, expression: &Expression) -> Vec<Template> {
        self.texts_of(expression, DEEPEST, &Budget::new())
    }

    fn texts_of(&self, expression: &Expression, depth: usize, budget: &Budget) -> Vec<Template> {
        if depth == 0 || !budget.spend() {
            return vec![open(expression)];
        }
        if let Some(lookup) = lookup(expression) {
            return self.looked_up(&lookup, expression, depth, budget);
        }
        match &expression.kind {
            ExpressionKind::Text(template) => self.filled(template, depth, budget),
            ExpressionKind::Number(number) => {
                vec![Template::verbatim(number, expression.span.clone())]
            }
            ExpressionKind::Boolean(value) => vec![Template {
                parts: vec![Part::Literal(Literal {
                    text: Secret::new(value.to_string()),
                    span: expression.span.clone(),
                    verbatim: false,
                })],
                span: expression.span.clone(),
            }],
            ExpressionKind::Null => Vec::new(),
            ExpressionKind::Name(name) => self.texts_of_name(name, expression, depth, budget),
            ExpressionKind::Call(call) => self.texts_of_call(call, expression, depth, budget),
            ExpressionKind::Join(pieces) => self.joined(pieces, &expression.span, depth, budget),
            ExpressionKind::Either(several) => self.either(several, depth, budget),
            ExpressionKind::Map(_) | ExpressionKind::List(_) | ExpressionKind::Other(_) => {
                vec![open(expression)]
            }
        }
    }

    /// Puts the texts of names into the holes of a template.
    fn filled(&self, template: &Template, depth: usize, budget: &Budget) -> Vec<Template> {
        if length(template) > LONGEST {
            return vec![Template {
                parts: vec![hole(Filling::Expression, None, &template.span)],
                span: template.span.clone(),
            }];
        }
        let is_open = |part: &Part| matches!(part, Part::Hole(hole) if hole.default.is_none());
        if !template.parts.iter().any(is_open) {
            return vec![template.clone()];
        }
        let mut several = vec![Template {
            parts: Vec::new(),
            span: template.span.clone(),
        }];
        for part in &template.parts {
            let fillings = match part {
                Part::Hole(Hole {
                    filling: Filling::Name(name),
                    default: None,
                    span,
                }) => {
                    let name = Expression::new(ExpressionKind::Name(name.clone()), span.clone());
                    self.texts_of(&name, depth - 1, budget)
                        .into_iter()
                        .map(|text| text.parts)
                        .collect()
                }
                Part::Literal(_) | Part::Hole(_) => vec![vec![part.clone()]],
            };
            several = product(several, &fillings, part);
        }
        several
    }

    fn texts_of_name(
        &self,
        name: &str,
        expression: &Expression,
        depth: usize,
        budget: &Budget,
    ) -> Vec<Template> {
        let place = expression.span.start;
        let mut texts: Vec<Template> = Vec::new();
        for given in self.given(name, place, depth) {
            let more = self.texts_of(given.value, depth - 1, budget);
            if given.is_added {
                // What may be added: without it, and with it.
                let mut with: Vec<Template> = texts
                    .iter()
                    .flat_map(|text| more.iter().map(|more| text.clone().then(more.clone())))
                    .collect();
                if self.is_in_branch(given.value.span.start) {
                    with.append(&mut texts);
                }
                texts = with;
            } else {
                // What came last comes first.
                texts.splice(0..0, more);
            }
            texts.truncate(MOST_VALUES);
        }
        if texts.is_empty() {
            texts = self.texts_returned(name, depth, budget);
        }
        if texts.is_empty() {
            texts.push(open(expression));
        }
        texts
    }

    /// Returns the texts that a function of this file gives back; for properties, which are called without parentheses, too.
    fn texts_returned(&self, function: &str, depth: usize, budget: &Budget) -> Vec<Template> {
        let mut texts: Vec<Template> = Vec::new();
        for value in self.returned(function) {
            let more = self.texts_of(value, depth - 1, budget);
            texts.extend(more.into_iter().filter(has_literal));
            texts.truncate(MOST_VALUES);
        }
        texts
    }

    fn looked_up(
        &self,
        lookup: &Lookup<'_>,
        expression: &Expression,
        depth: usize,
        budget: &Budget,
    ) -> Vec<Template> {
        let defaults = lookup.default.map_or_else(Vec::new, |default| {
            self.texts_of(default, depth - 1, budget)
        });
        let filling = Filling::Environment(lookup.variable.clone());
        with_defaults(&filling, defaults, &expression.span)
    }

    fn either(&self, several: &[Expression], depth: usize, budget: &Budget) -> Vec<Template> {
        let Some((first, rest)) = several.split_first() else {
            return Vec::new();
        };
        let mut texts = self.texts_of(first, depth - 1, budget);
        let mut others: Vec<Template> = Vec::new();
        for one in rest {
            others.extend(self.texts_of(one, depth - 1, budget));
            others.truncate(MOST_VALUES);
        }
        // A hole alone, and then a text: the text is its default.
        if let [only] = texts.as_slice()
            && let [Part::Hole(hole)] = only.parts.as_slice()
            && hole.default.is_none()
            && others.iter().any(has_literal)
        {
            others.retain(has_literal);
            return with_defaults(&hole.filling.clone(), others, &hole.span.clone());
        }
        texts.extend(others);
        texts.truncate(MOST_VALUES);
        texts
    }

    fn joined(
        &self,
        pieces: &[Expression],
        span: &Span,
        depth: usize,
        budget: &Budget,
    ) -> Vec<Template> {
        let mut several = vec![Template {
            parts: Vec::new(),
            span: span.clone(),
        }];
        for piece in pieces {
            let fillings: Vec<Vec<Part>> = self
                .texts_of(piece, depth - 1, budget)
                .into_iter()
                .map(|text| text.parts)
                .collect();
            let instead = hole(Filling::Expression, None, &piece.span);
            several = product(several, &fillings, &instead);
        }
        several
    }

    fn texts_of_call(
        &self,
        call: &Call,
        expression: &Expression,
        depth: usize,
        budget: &Budget,
    ) -> Vec<Template> {
        let text = |expression: &Expression| self.texts_of(expression, depth - 1, budget);
        if let Some(texts) = format::formatted(call, &text) {
            return texts;
        }
        if let Some(inside) = unwrapped(call) {
            return text(inside);
        }
        if let Some(owner) = handed_on(call) {
            return text(&owner);
        }
        if let Some((from, to)) = replacement(call)
            && let Some(receiver) = receiver_of(call)
        {
            return text(&receiver)
                .into_iter()
                .map(|text| replaced(text, &from, &to))
                .collect();
        }
        if call.receiver.is_none() {
            let texts = self.texts_returned(&call.callee, depth, budget);
            if !texts.is_empty() {
                return texts;
            }
        }
        vec![open(expression)]
    }
}

/// Returns the one argument of a call that gives back the same text: `str(x)`, `SecretStr(x)`.
fn unwrapped(call: &Call) -> Option<&Expression> {
    const SAME: [&str; 24] = [
        "str",
        "String",
        "string",
        "text",
        "Text",
        "SecretStr",
        "Secret",
        "PostgresDsn",
        "CockroachDsn",
        "AnyUrl",
        "MultiHostUrl",
        "make_url",
        "URL",
        "DatabaseURL",
        "from",
        "Some",
        "Ok",
        "bytes",
        "byte",
        "cast",
        "dedent",
        "format_args!",
        "Field",
        "literal",
    ];
    if !SAME.contains(&call.last()) || call.last() == "from" && call.owner() != Some("String") {
        return None;
    }
    match call.last() {
        "cast" => call.positional(1).map(|argument| &argument.value),
        "Field" => call
            .named("default")
            .or_else(|| call.positional(0))
            .map(|argument| &argument.value),
        _ => {
            let mut positional = call
                .arguments
                .iter()
                .filter(|argument| argument.name.is_none());
            let first = positional.next()?;
            positional.next().is_none().then_some(&first.value)
        }
    }
}

/// Returns what a method that changes nothing of weight is called on: `url.strip()`, `"x".to_string()`.
fn handed_on(call: &Call) -> Option<Cow<'_, Expression>> {
    const SAME: [&str; 36] = [
        "strip",
        "rstrip",
        "lstrip",
        "trim",
        "trimEnd",
        "trimStart",
        "encode",
        "decode",
        "to_string",
        "to_owned",
        "into",
        "as_str",
        "as_ref",
        "as_deref",
        "clone",
        "unwrap",
        "expect",
        "unwrap_or_default",
        "toString",
        "String",
        "get_secret_value",
        "unicode_string",
        "as_bytes",
        "getBytes",
        "into_owned",
        "context",
        "ok",
        "stripIndent",
        "intern",
        "upper",
        "lower",
        "toLowerCase",
        "to_lowercase",
        "ToString",
        "Trim",
        "valueOf",
    ];
    if !SAME.contains(&call.last()) {
        return None;
    }
    receiver_of(call)
}

/// Returns what a method is called on: a name before its last dot, or the rest of the chain.
fn receiver_of(call: &Call) -> Option<Cow<'_, Expression>> {
    if let Some(receiver) = &call.receiver {
        return Some(Cow::Borrowed(receiver));
    }
    let owner = call.owner()?;
    let start = call.callee_span.start;
    Some(Cow::Owned(Expression::new(
        ExpressionKind::Name(owner.to_owned()),
        start..start + owner.len(),
    )))
}

/// Returns what a `replace` of two literals replaces, and by what.
fn replacement(call: &Call) -> Option<(String, String)> {
    if !matches!(call.last(), "replace" | "replaceFirst" | "Replace") {
        return None;
    }
    let from = call.positional(0)?.value.literal()?;
    let to = call.positional(1)?.value.literal()?;
    (!from.is_empty()).then_some((from, to))
}

/// Replaces the first occurrence in the literal parts.
fn replaced(mut template: Template, from: &str, to: &str) -> Template {
    let found = template.parts.iter().enumerate().find_map(|(place, part)| {
        let Part::Literal(literal) = part else {
            return None;
        };
        let at = literal.text.expose().find(from)?;
        Some((place, literal.clone(), at))
    });
    let Some((place, literal, at)) = found else {
        return template;
    };
    let text = literal.text.expose();
    let piece = |range: std::ops::Range<usize>| {
        Part::Literal(Literal {
            text: Secret::new(&text[range.clone()]),
            span: literal.span_of(range),
            verbatim: literal.verbatim,
        })
    };
    let changed = Part::Literal(Literal {
        text: Secret::new(to),
        span: literal.span_of(at..at + from.len()),
        verbatim: false,
    });
    let parts = [piece(0..at), changed, piece(at + from.len()..text.len())];
    template.parts.splice(place..=place, parts);
    template
}

/// Appends each filling to each template, within bounds; `instead` where there is no filling.
fn product(several: Vec<Template>, fillings: &[Vec<Part>], instead: &Part) -> Vec<Template> {
    let alone = [vec![instead.clone()]];
    let fillings = if fillings.is_empty() {
        &alone
    } else {
        fillings
    };
    if let [filling] = fillings {
        return several
            .into_iter()
            .map(|template| appended(template, filling, instead))
            .collect();
    }
    several
        .iter()
        .flat_map(|template| {
            fillings
                .iter()
                .map(|filling| appended(template.clone(), filling, instead))
        })
        .take(MOST_VALUES)
        .collect()
}

/// Appends parts, or a hole in their place where the text would get too long.
fn appended(mut template: Template, parts: &[Part], instead: &Part) -> Template {
    let more: usize = parts.iter().map(part_length).sum();
    if parts.len() + template.parts.len() > MOST_PARTS
        || more > 64 && length(&template).saturating_add(more) > LONGEST
    {
        let span = match instead {
            Part::Literal(literal) => literal.span.clone(),
            Part::Hole(hole) => hole.span.clone(),
        };
        // One hole is enough for all that is too long.
        if !matches!(template.parts.last(), Some(Part::Hole(_))) {
            template.parts.push(hole(Filling::Expression, None, &span));
        }
        return template;
    }
    template.parts.extend_from_slice(parts);
    template
}

fn length(template: &Template) -> usize {
    template.parts.iter().map(part_length).sum()
}

fn part_length(part: &Part) -> usize {
    match part {
        Part::Literal(literal) => literal.text.expose().len(),
        Part::Hole(_) => 1,
    }
}

/// Whether something is written out in a template, be it in a default.
fn has_literal(template: &Template) -> bool {
    template.parts.iter().any(|part| match part {
        Part::Literal(literal) => !literal.text.is_empty(),
        Part::Hole(hole) => hole.default.as_deref().is_some_and(has_literal),
    })
}

/// Returns a hole for what the file does not tell.
fn open(expression: &Expression) -> Template {
    let filling = match &expression.kind {
        ExpressionKind::Name(name) => Filling::Name(name.clone()),
        ExpressionKind::Call(call) => Filling::Call(call.callee.clone()),
        _ => Filling::Expression,
    };
    Template {
        parts: vec![hole(filling, None, &expression.span)],
        span: expression.span.clone(),
    }
}

/// Returns a template of one hole for each default; of one hole where there is none.
fn with_defaults(filling: &Filling, defaults: Vec<Template>, span: &Span) -> Vec<Template> {
    let template = |default: Option<Template>| Template {
        parts: vec![hole(filling.clone(), default, span)],
        span: span.clone(),
    };
    if defaults.is_empty() {
        return vec![template(None)];
    }
    defaults
        .into_iter()
        .map(|default| template(Some(default)))
        .collect()
}

fn hole(filling: Filling, default: Option<Template>, span: &Span) -> Part {
    Part::Hole(Hole {
        filling,
        default: default.map(Box::new),
        span: span.clone(),
    })
}

#[cfg(test)]
mod tests;
