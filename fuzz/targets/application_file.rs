//! A file of an application, of every format: facts, declarations and redaction; and a connection string with holes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verifull::libpq::declared;
use verifull::source;
use verifull::text::Secret;
use verifull::text::template::{Filling, Hole, Literal, Part, Template};

/// Paths that stand for the formats, the first one for a connection string.
const PATHS: [&str; 24] = [
    "",
    "a.py",
    "a.js",
    "a.ts",
    "a.tsx",
    "a.go",
    "a.java",
    "a.rs",
    "a.cs",
    "a.sh",
    "a.yaml",
    "a.toml",
    "a.json",
    "a.tf",
    "Dockerfile",
    ".env",
    "a.ini",
    "a.properties",
    "nginx.conf",
    "haproxy.cfg",
    "pg_hba.conf",
    "postgresql.conf",
    "schema.prisma",
    "values.yaml",
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match PATHS[usize::from(*choice) % PATHS.len()] {
        "" => connection_string(text),
        path => {
            if let Some(reading) = source::look(path, text) {
                for declaration in &reading.declarations {
                    assert!(text.get(declaration.span.clone()).is_some());
                    for fix in &declaration.fixes {
                        for edit in &fix.edits {
                            assert!(text.get(edit.span.clone()).is_some());
                        }
                    }
                }
                for line in 1..=reading.lines.count() {
                    assert!(reading.lines.shown(line).is_some());
                }
            }
        }
    }
});

/// Every `{…}` is a hole, and `{|…}` one with a default.
fn connection_string(text: &str) {
    let mut template = Template {
        parts: Vec::new(),
        span: 0..text.len(),
    };
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with('{')
            && let Some(end) = rest.find('}')
        {
            let default = rest[1..end]
                .strip_prefix('|')
                .map(|inside| Box::new(Template::verbatim(inside, at + 2..at + end)));
            template.parts.push(Part::Hole(Hole {
                filling: Filling::Expression,
                default,
                span: at..at + end + 1,
            }));
            at += end + 1;
        } else {
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| *c == '{')
                .map_or(rest.len(), |(at, _)| at);
            template.parts.push(Part::Literal(Literal {
                text: Secret::new(&rest[..end]),
                span: at..at + end,
                verbatim: true,
            }));
            at += end;
        }
    }
    let _ = declared::password_of_url(&template);
    if let Some(declared) = declared::parse(&template) {
        assert!(text.get(declared.span.clone()).is_some());
        for parameter in &declared.parameters {
            assert!(text.get(parameter.span.clone()).is_some());
        }
        if let Some(insertion) = declared.insertion {
            assert!(text.is_char_boundary(insertion.at));
        }
    }
}
