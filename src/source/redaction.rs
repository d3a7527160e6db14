//! Where secrets stand in a file: whatever is shown of it, they are not.
//!
//! It asks less than a reading does before it calls something a secret: what a report shows cannot be taken back, and a word
//! that is blotted out without need costs little. So it looks at facts, at what was declared, and, for private keys, URLs,
//! comments and what no parser took, at the text itself.

use crate::libpq::declared::{self, Component};
use crate::text::Secret;
use crate::text::template::{Hole, Part, Span, Template};

use super::declaration::{Declaration, DeclarationKind};
use super::expression::{Call, Expression, ExpressionKind};
use super::fact::{Fact, Facts, Understanding};
use super::reading::secret;

/// Longest text that is looked at as a whole; of a longer one each line is.
const LONGEST: usize = 4096;

/// How deep defaults of holes are followed.
const DEEPEST: usize = 8;

/// Returns where secrets stand, in order, without overlap: rather too much than too little.
pub fn secret_spans(text: &str, facts: &Facts, declarations: &[Declaration]) -> Vec<Span> {
    let mut found = Found::default();
    found.private_keys(text);
    found.urls(text);
    for fact in &facts.facts {
        found.fact(fact);
    }
    for comment in &facts.comments {
        if let Some(inside) = text.get(comment.clone()) {
            found.named_in(inside, comment.start, false);
        }
    }
    // Where a parser found something in all of it, what it calls a name or a call is none.
    let is_read = facts.understanding == Understanding::Whole && !facts.facts.is_empty();
    found.named_in(text, 0, is_read);
    for declaration in declarations {
        if matches!(declaration.kind, DeclarationKind::Secret(_)) {
            found.add(declaration.span.clone());
        }
    }
    found.merged(text)
}

#[derive(Default)]
struct Found(Vec<Span>);

impl Found {
    fn add(&mut self, span: Span) {
        if span.start < span.end {
            self.0.push(span);
        }
    }

    /// Returns the spans in order, without overlap, within the text and on its characters.
    fn merged(mut self, text: &str) -> Vec<Span> {
        self.0.sort_by_key(|span| (span.start, span.end));
        let mut merged: Vec<Span> = Vec::new();
        for span in self.0 {
            let start = text.floor_char_boundary(span.start);
            let end = text.ceil_char_boundary(span.end);
            match merged.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ if start < end => merged.push(start..end),
                _ => {}
            }
        }
        merged
    }

    /// Private keys in PEM: all between the first and the last line, or to the end where the last one is missing.
    fn private_keys(&mut self, text: &str) {
        let mut from = 0;
        while let Some(begin) = text[from..].find("-----BEGIN ").map(|at| from + at) {
            let label = begin + "-----BEGIN ".len();
            let Some(body) = text[label..].find("-----").map(|at| label + at + 5) else {
                return;
            };
            from = body;
            if !text[label..body].contains("PRIVATE KEY") || text[label..body].contains('\n') {
                continue;
            }
            let end = text[body..]
                .find("-----END")
                .map_or(text.len(), |at| body + at);
            self.add(body..end);
            from = end;
        }
    }

    /// Passwords of URLs anywhere in the text, comments and all.
    fn urls(&mut self, text: &str) {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
        let mut start = 0;
        for word in text.split_inclusive(is_end) {
            let bare = word.strip_suffix(is_end).unwrap_or(word);
            if let Some(password) = password_of(bare)
                && !is_plain_hole(&bare[password.clone()])
            {
                self.add(start + password.start..start + password.end);
            }
            start += word.len();
        }
    }

    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Document(value) | Fact::Expression(value) => self.expression(value),
            Fact::Assignment(assignment) => {
                if sounds_secret(&assignment.target) {
                    self.everything_in(&assignment.value);
                }
                self.expression(&assignment.value);
            }
            Fact::Call(call) => self.call(call),
            Fact::Scope(scope) => {
                for (name, default) in &scope.parameters {
                    if let Some(default) = default {
                        if sounds_secret(name) {
                            self.everything_in(default);
                        }
                        self.expression(default);
                    }
                }
                for decorator in &scope.decorators {
                    self.expression(decorator);
                }
            }
            Fact::Command(command) => self.words(&command.words),
            Fact::Directive(directive) => {
                if sounds_secret(&directive.name) {
                    for word in &directive.words {
                        self.literals(word, 0);
                    }
                }
                self.words(&directive.words);
            }
            Fact::Import(_) | Fact::Branch(_) => {}
        }
    }

    /// Everything that a value holds.
    fn expression(&mut self, value: &Expression) {
        value.walk(&mut |inside| match &inside.kind {
            ExpressionKind::Text(template) => self.text(template, 0),
            ExpressionKind::Call(call) => self.arguments(call),
            ExpressionKind::Map(entries) => {
                for entry in entries {
                    if sounds_secret(&entry.key) {
                        self.everything_in(&entry.value);
                    }
                }
                // `- name: PGPASSWORD` with `value: …` beside it.
                let name = ["name", "key", "Name", "Key"]
                    .iter()
                    .find_map(|key| inside.get(key)?.literal());
                if name.is_some_and(|name| sounds_secret(&name)) {
                    for held in ["value", "Value", "default"]
                        .iter()
                        .filter_map(|it| inside.get(it))
                    {
                        self.everything_in(held);
                    }
                }
            }
            ExpressionKind::List(items) => {
                let words: Vec<Template> = items
                    .iter()
                    .filter_map(|item| match &item.kind {
                        ExpressionKind::Text(template) => Some(template.clone()),
                        _ => None,
                    })
                    .collect();
                if words.len() == items.len() {
                    self.words(&words);
                }
            }
            ExpressionKind::Number(_)
            | ExpressionKind::Boolean(_)
            | ExpressionKind::Null
            | ExpressionKind::Name(_)
            | ExpressionKind::Join(_)
            | ExpressionKind::Either(_)
            | ExpressionKind::Other(_) => {}
        });
    }

    fn call(&mut self, call: &Call) {
        self.arguments(call);
        for inside in call
            .receiver
            .iter()
            .chain(call.arguments.iter().map(|it| &it.value))
        {
            self.expression(inside);
        }
    }

    /// Arguments that are passed by a secret's name, to a method of a secret's name, or behind a text that is one.
    fn arguments(&mut self, call: &Call) {
        let is_setter = sounds_secret(call.last());
        let mut before: Option<String> = None;
        for argument in &call.arguments {
            let named = argument.name.as_deref().is_some_and(sounds_secret);
            // `setProperty("password", "…")`, `getenv("PGPASSWORD", "…")`.
            let behind = before.as_deref().is_some_and(sounds_secret);
            if named || behind || is_setter && argument.name.is_none() {
                self.everything_in(&argument.value);
            }
            before = argument.value.literal();
        }
    }

    /// Words of a command or a directive: `--password x`, `PGPASSWORD=x`, `user x password y`.
    fn words(&mut self, words: &[Template]) {
        let mut is_next = false;
        for word in words {
            if is_next {
                self.literals(word, 0);
            }
            let beginning = word.beginning();
            is_next = match beginning.split_once('=') {
                Some(_) => false,
                None => word.is_literal() && sounds_secret(beginning.trim_start_matches('-')),
            };
            self.text(word, 0);
        }
    }

    /// All literals of a value, but those that name a variable.
    fn everything_in(&mut self, value: &Expression) {
        value.walk(&mut |inside| match &inside.kind {
            ExpressionKind::Text(template) => {
                let names_a_variable = template.literal().is_some_and(|text| is_variable(&text));
                if !names_a_variable {
                    self.literals(template, 0);
                }
            }
            ExpressionKind::Number(_) => self.add(inside.span.clone()),
            _ => {}
        });
    }

    fn literals(&mut self, template: &Template, depth: usize) {
        for part in &template.parts {
            match part {
                Part::Literal(literal) => self.add(literal.span.clone()),
                Part::Hole(Hole {
                    default: Some(default),
                    ..
                }) if depth < DEEPEST => {
                    self.literals(default, depth + 1);
                }
                Part::Hole(_) => {}
            }
        }
    }

    /// What a text has in it: a connection string, `name=value`, a URL, also where a hole breaks it.
    fn text(&mut self, template: &Template, depth: usize) {
        if let Some(declared) = declared::parse(template) {
            self.component(template, &declared.password);
            for parameter in declared
                .parameters
                .iter()
                .filter(|it| sounds_secret(&it.name))
            {
                self.add(parameter.span.clone());
            }
        }
        if let Some((_, password)) = declared::password_of_url(template) {
            self.component(template, &password);
        }
        let mut is_behind_name = false;
        for part in &template.parts {
            match part {
                Part::Literal(literal) => {
                    let text = literal.text.expose();
                    let mut inside = Self::default();
                    if is_behind_name {
                        inside.add(0..first_end(text));
                    }
                    inside.named_in(text, 0, false);
                    let end = if text.len() > LONGEST { '\n' } else { '\0' };
                    let mut at = 0;
                    for line in text.split_inclusive(end) {
                        if let Some(password) = password_of(line)
                            && !is_plain_hole(&line[password.clone()])
                        {
                            inside.add(at + password.start..at + password.end);
                        }
                        at += line.len();
                    }
                    for span in inside.0 {
                        self.add(literal.span_of(span));
                    }
                    is_behind_name = ends_in_name(text);
                }
                Part::Hole(hole) => {
                    if let Some(default) = &hole.default
                        && depth < DEEPEST
                    {
                        if is_behind_name {
                            self.literals(default, depth + 1);
                        }
                        self.text(default, depth + 1);
                    }
                }
            }
        }
    }

    /// A password: where it stands, or what is written of it where a hole is in it.
    fn component(&mut self, template: &Template, password: &Component<Secret>) {
        match password {
            Component::Absent => {}
            Component::Known(known) => self.add(known.span.clone()),
            Component::Open { span } => {
                for part in &template.parts {
                    if let Part::Literal(literal) = part {
                        let start = literal.span.start.max(span.start);
                        self.add(start..literal.span.end.min(span.end));
                    }
                }
            }
        }
    }

    /// Values behind a secret's name in bare text: `password=x`, `PGPASSWORD: "x"`. Of code, only what stands in quotes is a value.
    fn named_in(&mut self, text: &str, offset: usize, is_code: bool) {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            // Looking back is bounded and nothing is looked at twice: a line may be megabytes long.
            let mut done = 0;
            for (at, _) in line.match_indices(['=', ':']) {
                let name_from = line.floor_char_boundary(at.saturating_sub(80));
                if at < done
                    || line[at..].starts_with("://")
                    || !ends_in_name(&line[name_from..=at])
                {
                    continue;
                }
                let bare = line[at + 1..].trim_start_matches([' ', '\t', '=', '>']);
                let (skipped, length) = value_of(bare);
                let from = line.len() - bare.len() + skipped;
                done = from + length;
                if !is_plain_hole(&line[from..done]) && (skipped > 0 || !is_code) {
                    self.add(offset + start + from..offset + start + done);
                }
            }
            start += line.len();
        }
    }
}

/// Whether a name promises a secret, or may: wider than what a reading reports.
fn sounds_secret(name: &str) -> bool {
    if name.len() > 200 || name.contains(char::is_whitespace) {
        return false;
    }
    if secret::promised(name).is_some() {
        return true;
    }
    let words = secret::words_of(name);
    let Some(last) = words.last() else {
        return false;
    };
    matches!(
        last.as_str(),
        "password"
            | "passwd"
            | "passphrase"
            | "pwd"
            | "secret"
            | "token"
            | "salt"
            | "credentials"
            | "requirepass"
    ) || ["privatekey", "secretkey", "password", "apikey"]
        .iter()
        .any(|ending| words.concat().ends_with(ending))
}

/// Whether a text ends in a secret's name and the sign behind it: `…;Password=`, `"pwd": `.
fn ends_in_name(text: &str) -> bool {
    let bare = text.trim_end_matches([' ', '\t', '"', '\'']);
    let Some(bare) = bare.strip_suffix(['=', ':']) else {
        return false;
    };
    let bare = bare.trim_end_matches([' ', '\t', '"', '\'', ':']);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let start = bare
        .char_indices()
        .rev()
        .take(64)
        .take_while(|(_, c)| is_part(*c))
        .last()
        .map_or(bare.len(), |(at, _)| at);
    sounds_secret(&bare[start..])
}

/// Returns where a bare text's first value begins and how long it is: what stands in quotes, or all up to a separator.
fn value_of(text: &str) -> (usize, usize) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => {
            let length = text[1..]
                .find([quote, '\n', '\r'])
                .unwrap_or(text.len() - 1);
            (1, length)
        }
        _ => (0, first_end(text)),
    }
}

/// Returns where a value that is not quoted ends.
fn first_end(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | '&'))
        .unwrap_or(text.len())
}

/// Returns where the password of a text's first URL stands: up to its last `@`.
fn password_of(text: &str) -> Option<Span> {
    let authority = text.find("://")? + 3;
    let colon = authority
        + text[authority..]
            .find([':', '/'])
            .filter(|at| text[authority + at..].starts_with(':'))?;
    let at = colon + text[colon..].rfind('@')?;
    (colon + 1 < at).then_some(colon + 1..at)
}

/// Whether a text is one variable, without default, or stands for one: `${PW}`, `{password}`, `$(PW)`, `<password>`, `%s`.
fn is_plain_hole(text: &str) -> bool {
    let inside = [("${", "}"), ("{", "}"), ("$(", ")"), ("<", ">")]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    match inside {
        Some(name) => name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ' ')),
        None => {
            matches!(text, "" | "%s" | "{{" | "${{")
                || text.strip_prefix('$').is_some_and(is_variable)
        }
    }
}

/// Whether a text is written as environment variables are: `DATABASE_PASSWORD`.
fn is_variable(text: &str) -> bool {
    text.contains('_')
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::lines::Lines;

    /// Shows a file as a report would.
    fn shown(path: &str, text: &str) -> String {
        let format = crate::source::format::detect(path, text).expect("a format");
        let facts = crate::source::front::read(text, format);
        let declarations = crate::source::reading::read(path, text, format, &facts);
        let lines = Lines::new(text, &secret_spans(text, &facts, &declarations));
        (1..=lines.count())
            .filter_map(|line| lines.shown(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one line for each shape")]
    fn secrets_of_every_shape_are_blotted_out() {
        for (path, text) in [
            (
                "a.py",
                "import psycopg2\nc = psycopg2.connect('postgresql://app:pl4nted@db/x?sslmode=require')\n",
            ),
            (
                "a.py",
                "import psycopg2\nc = psycopg2.connect(host='db', password='pl4nted')\n",
            ),
            (
                "a.py",
                "import psycopg2\nc = psycopg2.connect('host=db dbname=x password=pl4nted')\n",
            ),
            (
                "a.js",
                "const pg = require('pg')\nconst x = getenv('DATABASE_PASSWORD', 'pl4nted')\n",
            ),
            (
                "a.js",
                "const pg = require('pg')\n// password: pl4nted\nconst s = 'host=db dbname=x password=pl4nted'\n",
            ),
            (
                "a.py",
                "import psycopg2\nD = {'db': {'PASSWORD': 'pl4nted'}}\n",
            ),
            (
                "a.py",
                "import psycopg2\nurl = f'postgresql://app:pl4nted{x}@db/x'\n",
            ),
            (
                "a.py",
                "import psycopg2\nurl = f'postgresql://app:{x}pl4nted@db/x'\n",
            ),
            (
                "a.py",
                "import psycopg2\n# once it was postgresql://app:pl4nted@db/x\n",
            ),
            ("a.py", "import psycopg2\n# password: pl4nted\n"),
            (
                "a.js",
                "const pg = require('pg')\nconst s = \"postgresql://app:it's pl4nted@db/x\"\n",
            ),
            ("a.py", "import psycopg2\ndef f(password='pl4nted'): pass\n"),
            (
                "a.py",
                "import psycopg2\nKEY = '''-----BEGIN PRIVATE KEY-----\npl4nted\n-----END PRIVATE KEY-----'''\n",
            ),
            (
                "a.js",
                "const c = new Pool({ password: 'pl4nted', ssl: false }) // postgres\n",
            ),
            (
                "a.js",
                "const u = process.env.DATABASE_URL || 'postgres://app:pl4nted@db/x'\n",
            ),
            (
                "a.go",
                "package main\nvar dsn = \"postgres://app:pl4nted@db/x?sslmode=disable\"\n",
            ),
            (
                "docker-compose.yml",
                "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: pl4nted\n",
            ),
            (
                "docker-compose.yml",
                "services:\n  db:\n    image: postgres\n    environment:\n      - POSTGRES_PASSWORD=pl4nted\n",
            ),
            (
                "docker-compose.yml",
                "services:\n  db:\n    image: postgres\n    environment:\n      - POSTGRES_PASSWORD=${PW:-pl4nted}\n",
            ),
            (
                "docker-compose.yml",
                "services:\n  db:\n    image: postgres\n    environment:\n      U: postgres://app:${PW:-pl4nted}@db/x\n",
            ),
            (
                "pod.yaml",
                "kind: Pod\nenv:\n  - name: PGPASSWORD\n    value: pl4nted\n",
            ),
            (
                ".env",
                "PGPASSWORD=pl4nted\nDATABASE_URL=postgres://app:pl4nted@db/x\n",
            ),
            (".env", "export POSTGRES_PASSWORD=\"pl4nted\"\n"),
            (".env", "REDIS_URL=redis://:pl4nted@cache/0\nPGHOST=db\n"),
            (
                "application.properties",
                "spring.datasource.url=jdbc:postgresql://db/x?user=a&password=pl4nted\nspring.datasource.password=pl4nted\n",
            ),
            (
                "appsettings.json",
                "{\"ConnectionStrings\": {\"Db\": \"Host=db;Database=x;Username=a;Password=pl4nted\"}}",
            ),
            (
                "run.sh",
                "#!/bin/sh\nPGPASSWORD=pl4nted psql -h db\nmysql --password=pl4nted\nmysql --password pl4nted\n",
            ),
        ] {
            let shown = shown(path, text);
            assert!(!shown.contains("pl4nted"), "{path}: {shown}");
        }
    }

    #[test]
    fn what_a_finding_is_about_stays_to_be_seen() {
        for (path, text, seen) in [
            (
                "a.py",
                "import psycopg2\nc = psycopg2.connect('postgresql://app:x@db/x?sslmode=require')\n",
                "db/x?sslmode=require",
            ),
            (
                "a.py",
                "import os\npw = os.environ['DB_PASSWORD']\nimport psycopg2\n",
                "DB_PASSWORD",
            ),
            (
                "a.py",
                "import psycopg2\nu = f'postgresql://{user}:{password}@{host}/x'\n",
                "{password}@{host}",
            ),
            (
                "docker-compose.yml",
                "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${PW}\n",
                "${PW}",
            ),
        ] {
            let shown = shown(path, text);
            assert!(shown.contains(seen), "{path}: {shown}");
        }
    }

    proptest! {
        #[test]
        fn spans_are_in_order_apart_and_on_characters(text in "(password|://|[a:@='\" é\n/;-]|-----BEGIN PRIVATE KEY-----){0,30}") {
            for understanding in [Understanding::Whole, Understanding::Lines { reason: String::new() }] {
                let facts = Facts { comments: std::iter::once(0..text.len()).collect(), understanding, ..Facts::default() };
                let spans = secret_spans(&text, &facts, &[]);
                for pair in spans.windows(2) {
                    prop_assert!(pair[0].end < pair[1].start);
                }
                for span in spans {
                    prop_assert!(text.get(span).is_some_and(|it| !it.is_empty()));
                }
            }
        }
    }
}
