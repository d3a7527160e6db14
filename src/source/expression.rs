//! Values as a program or a document writes them: the same shapes for every language.

use std::collections::BTreeMap;

use crate::text::template::{Span, Template};

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// Text: a string, with holes where it is interpolated. Front ends resolve escapes and join neighbouring literals. In a
    /// document every scalar that is written as text, and plain scalars that are none of the three below.
    Text(Template),
    /// A number, as it is written.
    Number(String),
    /// `true` or `false`, as the language has them.
    Boolean(bool),
    /// `None`, `null`, `nil`, `undefined`, and YAML's empty value.
    Null,
    /// A name, dotted: `settings.database_url`, `process.env.DATABASE_URL`, `ssl.CERT_NONE`. Subscripts by a literal count as
    /// members: `os.environ["X"]` is `os.environ.X`; Rust's and C++'s `::` is a dot too.
    Name(String),
    /// A call, a constructor or a macro.
    Call(Box<Call>),
    /// A dictionary, an object, a struct literal, a table, a mapping.
    Map(Vec<Entry>),
    /// A list, an array, a tuple, a set.
    List(Vec<Expression>),
    /// Texts put together: `a + b`, `a .. b`, adjacent pieces that are not all literals.
    Join(Vec<Expression>),
    /// One of several, in the order of preference: `a or b`, `a || b`, `a ?? b`, `b if c else d`, `c ? d : e`.
    Either(Vec<Expression>),
    /// Anything else, with the values inside of it: comparisons, arithmetic, lambdas.
    Other(Vec<Expression>),
}

/// One entry of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key, where it is literal; empty for a spread (`**other`, `...other`), whose value is what is spread.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Expression,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called, dotted, without what was computed before it: `asyncpg.create_pool`, `new Pool` is `Pool`, the macro
    /// `println!` is `println!`; in a chain `a().b()` the last link, `b`, with the rest as `receiver`.
    pub callee: String,
    /// What a link of a chain is called on, where that is no plain name.
    pub receiver: Option<Expression>,
    /// The arguments in their order.
    pub arguments: Vec<Argument>,
    /// Where the callee's name stands.
    pub callee_span: Span,
    /// Where the whole call stands.
    pub span: Span,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name, where it is passed by name; `**` for a spread map.
    pub name: Option<String>,
    /// Its value.
    pub value: Expression,
    /// Where it stands, with its name.
    pub span: Span,
}

impl Expression {
    /// Returns an expression.
    pub fn new(kind: ExpressionKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// Returns the text, where it is a text without holes.
    pub fn literal(&self) -> Option<String> {
        match &self.kind {
            ExpressionKind::Text(template) => template.literal(),
            _ => None,
        }
    }

    /// Returns what is written, where it is one scalar without holes: `true` and `5` are texts in some formats and none in others.
    pub fn scalar(&self) -> Option<String> {
        match &self.kind {
            ExpressionKind::Text(template) => template.literal(),
            ExpressionKind::Number(number) => Some(number.clone()),
            ExpressionKind::Boolean(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// Returns the dotted name, where it is one.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            ExpressionKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the call, where it is one.
    pub fn call(&self) -> Option<&Call> {
        match &self.kind {
            ExpressionKind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// Returns the entries of a map.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            ExpressionKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a list.
    pub fn items(&self) -> &[Expression] {
        match &self.kind {
            ExpressionKind::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the value at a key of a map; the last one where a key is repeated.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .rev()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// Returns the value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |inside, key| inside.get(key))
    }

    /// Calls `visit` for this and every value inside of it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        for inside in self.children() {
            inside.walk(visit);
        }
    }

    /// Returns the values directly inside of this one.
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExpressionKind::Call(call) => call
                .receiver
                .iter()
                .chain(call.arguments.iter().map(|argument| &argument.value))
                .collect(),
            ExpressionKind::Map(entries) => entries.iter().map(|entry| &entry.value).collect(),
            ExpressionKind::List(items)
            | ExpressionKind::Join(items)
            | ExpressionKind::Either(items)
            | ExpressionKind::Other(items) => items.iter().collect(),
            ExpressionKind::Text(_)
            | ExpressionKind::Number(_)
            | ExpressionKind::Boolean(_)
            | ExpressionKind::Null
            | ExpressionKind::Name(_) => Vec::new(),
        }
    }

    /// Returns every scalar of a document with its path of keys; list items count as their place, from 0.
    pub fn leaves(&self) -> Vec<(Vec<String>, &Self)> {
        let mut leaves = Vec::new();
        self.leaves_into(&mut Vec::new(), &mut leaves);
        leaves
    }

    fn leaves_into<'a>(
        &'a self,
        path: &mut Vec<String>,
        leaves: &mut Vec<(Vec<String>, &'a Self)>,
    ) {
        match &self.kind {
            ExpressionKind::Map(entries) => {
                for entry in entries {
                    path.push(entry.key.clone());
                    entry.value.leaves_into(path, leaves);
                    path.pop();
                }
            }
            ExpressionKind::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    path.push(place.to_string());
                    item.leaves_into(path, leaves);
                    path.pop();
                }
            }
            _ => leaves.push((path.clone(), self)),
        }
    }
}

impl Call {
    /// Returns the argument of this name.
    pub fn named(&self, name: &str) -> Option<&Argument> {
        self.arguments
            .iter()
            .rev()
            .find(|argument| argument.name.as_deref() == Some(name))
    }

    /// Returns the argument at this place among those without a name, from 0.
    pub fn positional(&self, place: usize) -> Option<&Argument> {
        self.arguments
            .iter()
            .filter(|argument| argument.name.is_none())
            .nth(place)
    }

    /// Returns the last part of the callee: `create_pool` of `asyncpg.create_pool`.
    pub fn last(&self) -> &str {
        self.callee.rsplit('.').next().unwrap_or(&self.callee)
    }

    /// Returns what stands before the last part of the callee: `asyncpg` of `asyncpg.create_pool`.
    pub fn owner(&self) -> Option<&str> {
        self.callee.rsplit_once('.').map(|(owner, _)| owner)
    }

    /// Returns the named arguments by their names; the last one of each.
    pub fn keywords(&self) -> BTreeMap<&str, &Expression> {
        self.arguments
            .iter()
            .filter_map(|argument| Some((argument.name.as_deref()?, &argument.value)))
            .collect()
    }

    /// Returns the calls of a chain, first link first: `A::new().host("x").ssl(true)` has three.
    pub fn chain(&self) -> Vec<&Self> {
        let mut links = vec![self];
        let mut last = self;
        while let Some(before) = last.receiver.as_ref().and_then(Expression::call) {
            links.push(before);
            last = before;
        }
        links.reverse();
        links
    }
}
