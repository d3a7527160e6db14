//! What a name stands for in this file: constants, concatenation, defaults. One file, and no more.
//!
//! It follows names to what they were given, puts texts together as the program would, and leaves holes where a value comes from
//! outside. It runs nothing: where two values are possible, both are.

use std::collections::BTreeMap;

use crate::text::template::{Filling, Hole, Part, Span, Template};

use super::expression::{Call, Expression, ExpressionKind};
use super::fact::{Assignment, Fact, Facts};

/// How many names are followed in a row, and how many values one expression may have.
const DEEPEST: usize = 8;
const MOST: usize = 8;

/// The names of a file and what they are given.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    assignments: BTreeMap<&'a str, Vec<&'a Assignment>>,
    scopes: Vec<Span>,
}

impl<'a> Names<'a> {
    /// Collects the names of a file.
    pub fn of(facts: &'a Facts) -> Self {
        let mut assignments: BTreeMap<&str, Vec<&Assignment>> = BTreeMap::new();
        let mut scopes = Vec::new();
        for fact in &facts.facts {
            match fact {
                Fact::Assignment(assignment) => {
                    for key in keys(&assignment.target) {
                        assignments.entry(key).or_default().push(assignment);
                    }
                }
                Fact::Scope(scope) => scopes.push(scope.span.clone()),
                _ => {}
            }
        }
        Self {
            assignments,
            scopes,
        }
    }

    /// Returns the assignments to a name that count at a place: in the same function the last ones before it, else the module's.
    pub fn assignments(&self, name: &str, at: usize) -> Vec<&'a Assignment> {
        let Some(all) = self.assignments.get(bare(name)) else {
            return Vec::new();
        };
        let here = self.scope_of(at);
        let inside: Vec<&Assignment> = all
            .iter()
            .copied()
            .filter(|it| {
                here.is_some() && self.scope_of(it.span.start) == here && it.span.start < at
            })
            .collect();
        if !inside.is_empty() {
            return inside;
        }
        // Another function's local is somebody else's; a module's, a class' and an object's are everybody's.
        all.iter()
            .copied()
            .filter(|it| {
                it.target.contains('.')
                    || self
                        .scope_of(it.span.start)
                        .is_none_or(|scope| scope.start <= at && at < scope.end)
                    || is_constant(it)
            })
            .collect()
    }

    fn scope_of(&self, at: usize) -> Option<&Span> {
        self.scopes
            .iter()
            .filter(|span| span.contains(&at))
            .min_by_key(|span| span.len())
    }

    /// Returns what an expression may be: a name is followed to what it was given, one of several is all of them.
    pub fn values(&self, expression: &'a Expression) -> Vec<&'a Expression> {
        let mut found = Vec::new();
        self.values_into(expression, 0, &mut found);
        found
    }

    fn values_into(
        &self,
        expression: &'a Expression,
        depth: usize,
        found: &mut Vec<&'a Expression>,
    ) {
        if depth > DEEPEST || found.len() >= MOST {
            return;
        }
        match &expression.kind {
            ExpressionKind::Name(name) => {
                let given = self.assignments(name, expression.span.start);
                let before = found.len();
                for assignment in given.iter().rev().take(3).filter(|it| !it.added) {
                    if assignment.value.span != expression.span {
                        self.values_into(&assignment.value, depth + 1, found);
                    }
                }
                if found.len() == before {
                    found.push(expression);
                }
            }
            ExpressionKind::Either(all) => {
                for one in all {
                    self.values_into(one, depth + 1, found);
                }
            }
            _ => found.push(expression),
        }
    }

    /// Returns the texts that an expression may be: joined, formatted, with what is open as holes.
    pub fn texts(&self, expression: &Expression) -> Vec<Template> {
        let mut texts = self.texts_of(expression, 0);
        texts.truncate(MOST);
        texts
    }

    /// Returns the one text that an expression is; where it may be several, the first.
    pub fn text(&self, expression: &Expression) -> Option<Template> {
        self.texts_of(expression, 0).into_iter().next()
    }

    fn texts_of(&self, expression: &Expression, depth: usize) -> Vec<Template> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let open = |filling| {
            vec![Template {
                parts: vec![Part::Hole(Hole {
                    filling,
                    default: None,
                    span: expression.span.clone(),
                })],
                span: expression.span.clone(),
            }]
        };
        match &expression.kind {
            ExpressionKind::Text(template) => vec![self.filled(template, depth)],
            ExpressionKind::Number(number) => {
                vec![Template::verbatim(number, expression.span.clone())]
            }
            ExpressionKind::Boolean(value) => {
                vec![Template::verbatim(
                    &value.to_string(),
                    expression.span.clone(),
                )]
            }
            ExpressionKind::Null => Vec::new(),
            ExpressionKind::Name(name) => self.named(name, expression, depth),
            ExpressionKind::Join(parts) => {
                let mut joined = vec![Template {
                    parts: Vec::new(),
                    span: expression.span.clone(),
                }];
                for part in parts {
                    let texts = self.texts_of(part, depth + 1);
                    let next = texts.first().cloned().unwrap_or_else(|| Template {
                        parts: vec![Part::Hole(Hole {
                            filling: Filling::Expression,
                            default: None,
                            span: part.span.clone(),
                        })],
                        span: part.span.clone(),
                    });
                    joined = joined
                        .into_iter()
                        .map(|before| Template {
                            span: expression.span.clone(),
                            ..before.then(next.clone())
                        })
                        .collect();
                }
                joined
            }
            ExpressionKind::Either(all) => self.either(expression, all, depth),
            ExpressionKind::Call(call) => self
                .called(call, expression, depth)
                .unwrap_or_else(|| open(Filling::Call(call.callee.clone()))),
            ExpressionKind::Map(_) | ExpressionKind::List(_) | ExpressionKind::Other(_) => {
                open(Filling::Expression)
            }
        }
    }

    /// Fills the holes of a text with what their names are known to be.
    fn filled(&self, template: &Template, depth: usize) -> Template {
        if template.is_literal() || depth > DEEPEST {
            return template.clone();
        }
        let mut parts = Vec::new();
        for part in &template.parts {
            if let Part::Hole(hole) = part
                && hole.default.is_none()
                && let Filling::Name(name) = &hole.filling
            {
                let named = Expression::new(ExpressionKind::Name(name.clone()), hole.span.clone());
                let texts = self.named(name, &named, depth + 1);
                if let [text] = texts.as_slice()
                    && text.parts.len() == 1
                {
                    parts.extend(text.parts.iter().cloned());
                    continue;
                }
            }
            parts.push(part.clone());
        }
        Template {
            parts,
            span: template.span.clone(),
        }
    }

    fn named(&self, name: &str, expression: &Expression, depth: usize) -> Vec<Template> {
        let hole = |filling, default: Option<Template>| {
            vec![Template {
                parts: vec![Part::Hole(Hole {
                    filling,
                    default: default.map(Box::new),
                    span: expression.span.clone(),
                })],
                span: expression.span.clone(),
            }]
        };
        if let Some(variable) = environment_name(name) {
            return hole(Filling::Environment(variable.to_owned()), None);
        }
        let given = self.assignments(name, expression.span.start);
        let whole: Vec<_> = given
            .iter()
            .filter(|it| !it.added && !it.span.contains(&expression.span.start))
            .collect();
        let mut texts = Vec::new();
        for assignment in whole.iter().rev().take(3) {
            texts.extend(self.texts_of(&assignment.value, depth + 1));
        }
        // `DSN += "?sslmode=…"`
        for added in given
            .iter()
            .filter(|it| it.added && it.span.end <= expression.span.start)
        {
            let tail = self.texts_of(&added.value, depth + 1);
            if let Some(tail) = tail.first() {
                texts = texts
                    .into_iter()
                    .map(|text| text.then(tail.clone()))
                    .collect();
            }
        }
        if texts.is_empty() {
            return hole(Filling::Name(name.to_owned()), None);
        }
        texts
    }

    /// `a or b`: where the first comes from outside, the rest is its default.
    fn either(&self, expression: &Expression, all: &[Expression], depth: usize) -> Vec<Template> {
        let mut texts = Vec::new();
        for one in all {
            texts.extend(self.texts_of(one, depth + 1));
            if texts.len() >= MOST {
                break;
            }
        }
        let is_outside = |text: &Template| {
            matches!(text.parts.as_slice(), [Part::Hole(hole)]
                if matches!(hole.filling, Filling::Environment(_) | Filling::Call(_)))
        };
        if texts.len() == 2 && is_outside(&texts[0]) {
            let default = texts.pop().unwrap_or_default();
            if let Some(Part::Hole(hole)) = texts[0].parts.first_mut()
                && hole.default.is_none()
            {
                hole.default = Some(Box::new(default));
            }
            texts[0].span = expression.span.clone();
        }
        texts
    }

    /// What a call comes to, where it puts texts together or reads the environment.
    fn called(&self, call: &Call, expression: &Expression, depth: usize) -> Option<Vec<Template>> {
        if let Some((variable, default)) = environment(call) {
            let default = default.and_then(|it| self.texts_of(it, depth + 1).into_iter().next());
            return Some(vec![Template {
                parts: vec![Part::Hole(Hole {
                    filling: Filling::Environment(variable),
                    default: default.map(Box::new),
                    span: expression.span.clone(),
                })],
                span: expression.span.clone(),
            }]);
        }
        let last = call.last();
        match last {
            "format" | "formatted" if call.receiver.is_some() => {
                let base = self.texts_of(call.receiver.as_ref()?, depth + 1);
                let values = &call.arguments;
                Some(
                    base.iter()
                        .map(|it| self.formatted(it, values, depth))
                        .collect(),
                )
            }
            "Sprintf" | "format" | "format!" | "sprintf" | "Format" | "concat!" => {
                let mut arguments = call.arguments.iter();
                let base = self.texts_of(&arguments.next()?.value, depth + 1);
                let values = &call.arguments[1..];
                Some(
                    base.iter()
                        .map(|it| self.formatted(it, values, depth))
                        .collect(),
                )
            }
            // What hands a text on as it is.
            "str" | "to_string" | "to_owned" | "into" | "String" | "strip" | "trim" | "unwrap"
            | "expect" | "make_url" | "SecretStr" | "PostgresDsn" | "URL" | "parse" | "from"
            | "as_str" | "Some" | "Ok" | "toString" | "TrimSpace" | "from_str" | "encode"
            | "unescape" | "as_ref" | "clone" | "context" => {
                let inner = call
                    .receiver
                    .as_ref()
                    .or_else(|| call.positional(0).map(|it| &it.value))?;
                let texts = self.texts_of(inner, depth + 1);
                (!texts.is_empty()).then_some(texts)
            }
            "unwrap_or" | "unwrap_or_else" | "unwrap_or_default" | "orElse" => {
                let mut base = self.texts_of(call.receiver.as_ref()?, depth + 1);
                let default = call
                    .positional(0)
                    .and_then(|it| self.lambda_text(&it.value, depth + 1));
                if let Some(Part::Hole(hole)) = base.first_mut()?.parts.first_mut()
                    && hole.default.is_none()
                {
                    hole.default = default.map(Box::new);
                }
                Some(base)
            }
            "replace" | "Replace" => {
                let base = self.texts_of(call.receiver.as_ref()?, depth + 1);
                (!base.is_empty()).then_some(base)
            }
            _ => None,
        }
    }

    /// A text, or the text that a lambda returns.
    fn lambda_text(&self, expression: &Expression, depth: usize) -> Option<Template> {
        match &expression.kind {
            ExpressionKind::Other(inside) => inside
                .last()
                .and_then(|it| self.texts_of(it, depth + 1).into_iter().next()),
            _ => self.texts_of(expression, depth).into_iter().next(),
        }
    }

    /// Puts arguments into `{}`, `{name}`, `%s`, `%(name)s`, `%d` of a text.
    fn formatted(
        &self,
        base: &Template,
        values: &[super::expression::Argument],
        depth: usize,
    ) -> Template {
        let mut parts = Vec::new();
        let mut positional = values.iter().filter(|it| it.name.is_none());
        for part in &base.parts {
            let Part::Literal(literal) = part else {
                parts.push(part.clone());
                continue;
            };
            let text = literal.text.expose();
            let mut from = 0;
            for (at, length, name) in placeholders(text) {
                let cut = |range: std::ops::Range<usize>| {
                    Part::Literal(crate::text::template::Literal {
                        text: crate::text::Secret::new(&text[range.clone()]),
                        span: literal.span_of(range),
                        verbatim: literal.verbatim,
                    })
                };
                if at > from {
                    parts.push(cut(from..at));
                }
                let value = match &name {
                    Some(name) if !name.bytes().all(|byte| byte.is_ascii_digit()) => values
                        .iter()
                        .find(|it| it.name.as_deref() == Some(name.as_str())),
                    _ => positional.next(),
                };
                let filled =
                    value.and_then(|it| self.texts_of(&it.value, depth + 1).into_iter().next());
                match filled {
                    Some(filled) if !filled.parts.is_empty() => parts.extend(filled.parts),
                    _ => parts.push(Part::Hole(Hole {
                        filling: name.map_or(Filling::Expression, Filling::Name),
                        default: None,
                        span: literal.span_of(at..at + length),
                    })),
                }
                from = at + length;
            }
            if from < text.len() || text.is_empty() {
                parts.push(Part::Literal(crate::text::template::Literal {
                    text: crate::text::Secret::new(&text[from..]),
                    span: literal.span_of(from..text.len()),
                    verbatim: literal.verbatim,
                }));
            }
        }
        Template {
            parts,
            span: base.span.clone(),
        }
    }
}

/// Whether an assignment is one of a constant by its name: that is everybody's, in whatever class it stands.
fn is_constant(assignment: &Assignment) -> bool {
    assignment
        .target
        .chars()
        .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
}

/// The names under which an assignment is found: `self.x` and `this.x` are `x` of this object.
fn keys(target: &str) -> Vec<&str> {
    let short = bare(target);
    vec![short]
}

fn bare(name: &str) -> &str {
    ["self.", "this.", "cls."]
        .iter()
        .find_map(|start| name.strip_prefix(start))
        .unwrap_or(name)
}

/// Finds `{}`, `{name}`, `{0}`, `%s`, `%d`, `%v`, `%(name)s` in a text: where, how long, and the name.
fn placeholders(text: &str) -> Vec<(usize, usize, Option<String>)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() && found.len() < 64 {
        match bytes[at] {
            b'{' => {
                if bytes.get(at + 1) == Some(&b'{') {
                    at += 2;
                    continue;
                }
                let Some(length) = text[at..].find('}') else {
                    break;
                };
                let inside = &text[at + 1..at + length];
                if inside.len() <= 64 && !inside.contains(['{', '"', '\'', ' ', '/']) {
                    let name = inside.split([':', '!']).next().unwrap_or_default();
                    found.push((at, length + 1, (!name.is_empty()).then(|| name.to_owned())));
                    at += length + 1;
                } else {
                    at += 1;
                }
            }
            b'%' => match bytes.get(at + 1) {
                Some(b's' | b'd' | b'v' | b'q') => {
                    // `%d7` may be percent-encoding; a format has no hexadecimal digit pair before it.
                    found.push((at, 2, None));
                    at += 2;
                }
                Some(b'(') => {
                    let Some(close) = text[at..].find(')') else {
                        break;
                    };
                    let length = close + 2;
                    if at + length <= text.len() && text.is_char_boundary(at + length) {
                        found.push((at, length, Some(text[at + 2..at + close].to_owned())));
                    }
                    at += length;
                }
                _ => at += 1,
            },
            _ => at += 1,
        }
    }
    found
}

/// `os.environ.X`, `process.env.X`, `import.meta.env.X`.
fn environment_name(name: &str) -> Option<&str> {
    [
        "os.environ.",
        "environ.",
        "process.env.",
        "import.meta.env.",
        "Deno.env.",
        "env.",
    ]
    .iter()
    .find_map(|start| name.strip_prefix(start))
    .filter(|rest| !rest.contains('.') && !rest.is_empty())
}

/// Whether a call reads the environment: the variable and the default.
pub fn environment(call: &Call) -> Option<(String, Option<&Expression>)> {
    let last = call.last();
    let callee = call.callee.as_str();
    let owner = call.owner().unwrap_or_default();
    let lower = last.to_ascii_lowercase();
    let reads = matches!(
        callee,
        "os.getenv"
            | "os.environ.get"
            | "environ.get"
            | "getenv"
            | "os.Getenv"
            | "System.getenv"
            | "env"
            | "config"
            | "os.LookupEnv"
            | "Deno.env.get"
            | "env.get"
            | "env!"
            | "option_env!"
            | "process.env.get"
    ) || matches!(
        last,
        "getenv" | "Getenv" | "LookupEnv" | "GetEnvironmentVariable" | "getOrDefault"
    ) || (owner == "env"
        || owner.rsplit('.').next() == Some("env")
        || owner == "environ"
        || owner == "config"
        || owner == "configService"
        || owner.ends_with(".configService")
        || owner == "settings")
        && matches!(
            last,
            "var"
                | "str"
                | "get"
                | "bool"
                | "int"
                | "db"
                | "url"
                | "getOrThrow"
                | "dict"
                | "getProperty"
        )
        || lower.contains("env")
            && call.arguments.len() <= 2
            && !lower.contains("environment_")
            && lower != "load_dotenv"
            && lower != "loadenv";
    if !reads {
        return None;
    }
    let name = call.positional(0)?.value.literal()?;
    if name.contains("://") || name.is_empty() || name.len() > 100 {
        return None;
    }
    let default = call
        .named("default")
        .or_else(|| call.named("fallback"))
        .or_else(|| call.positional(1))
        .map(|argument| &argument.value)
        .filter(|value| !matches!(value.kind, ExpressionKind::Null));
    Some((name, default))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::expression::Argument;

    fn text(value: &str) -> Expression {
        Expression::new(
            ExpressionKind::Text(Template::verbatim(value, 0..value.len())),
            0..value.len(),
        )
    }

    fn call(callee: &str, arguments: Vec<Expression>) -> Expression {
        let arguments = arguments
            .into_iter()
            .map(|value| Argument {
                name: None,
                span: value.span.clone(),
                value,
            })
            .collect();
        Expression::new(
            ExpressionKind::Call(Box::new(Call {
                callee: callee.to_owned(),
                receiver: None,
                arguments,
                callee_span: 0..1,
                span: 0..9,
            })),
            0..9,
        )
    }

    #[test]
    fn environment_with_a_default_is_a_hole_with_a_default() {
        let names = Names::default();
        let texts = names.texts(&call(
            "os.getenv",
            vec![text("DSN"), text("postgres://db/x")],
        ));
        let (filled, any) = texts[0].with_defaults();
        assert!(any);
        assert_eq!(filled.literal().as_deref(), Some("postgres://db/x"));
    }

    #[test]
    fn either_of_environment_and_text_is_a_default() {
        let names = Names::default();
        let either = Expression::new(
            ExpressionKind::Either(vec![
                Expression::new(ExpressionKind::Name("process.env.DSN".to_owned()), 0..5),
                text("postgres://db/x"),
            ]),
            0..20,
        );
        let texts = names.texts(&either);
        assert_eq!(texts.len(), 1);
        assert!(texts[0].with_defaults().1);
    }

    #[test]
    fn format_puts_arguments_into_the_text() {
        let names = Names::default();
        let texts = names.texts(&call(
            "fmt.Sprintf",
            vec![
                text("postgres://%s@db/x?sslmode=%s"),
                call("user", vec![]),
                text("disable"),
            ],
        ));
        assert_eq!(
            texts[0].filled_with("?"),
            "postgres://?@db/x?sslmode=disable"
        );
    }

    #[test]
    fn placeholders_are_found_in_every_spelling() {
        let found = |text: &str| placeholders(text).len();
        assert_eq!(found("{}:{name}@{0}"), 3);
        assert_eq!(found("%s %d %(x)s"), 3);
        assert_eq!(found("{{literal}} {not a name}"), 0);
    }

    proptest::proptest! {
        #[test]
        fn never_panics_on_any_text(text in "[{}%()sdé a:]{0,40}") {
            let _ = placeholders(&text);
        }
    }
}
