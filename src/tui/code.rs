//! Colours for snippets: one small lexer that knows comments, strings, numbers, keys and a few words per language.
//!
//! It colours what somebody will read for a minute; it is no parser, and wrong colours are the worst it can do.

use crate::theme::{Code, Role, Styles};
use ratatui::style::Style;

/// How a language looks to the lexer.
struct Language {
    comments: &'static [&'static str],
    keywords: &'static [&'static str],
    /// What stands between a key and its value.
    assigns: &'static [char],
    /// Whether a hyphen joins two words to one, as in `scram-sha-256`.
    hyphens: bool,
}

const PYTHON: Language = Language {
    comments: &["#"],
    keywords: &[
        "import", "from", "as", "def", "async", "await", "with", "return", "None", "True", "False",
        "if", "else", "for", "in",
    ],
    assigns: &['='],
    hyphens: false,
};

const GO: Language = Language {
    comments: &["//"],
    keywords: &[
        "package", "import", "func", "return", "if", "err", "nil", "defer", "var", "const", "true",
        "false",
    ],
    assigns: &[':'],
    hyphens: false,
};

const JAVASCRIPT: Language = Language {
    comments: &["//"],
    keywords: &[
        "import", "from", "const", "let", "new", "await", "async", "require", "true", "false",
        "null", "return", "export",
    ],
    assigns: &[':'],
    hyphens: false,
};

const JAVA: Language = Language {
    comments: &["//"],
    keywords: &[
        "import", "new", "var", "final", "String", "try", "return", "null", "true", "false",
        "class", "static",
    ],
    assigns: &[],
    hyphens: false,
};

const SHELL: Language = Language {
    comments: &["#"],
    keywords: &[
        "cockroach",
        "psql",
        "openssl",
        "nginx",
        "systemctl",
        "cp",
        "mv",
        "chmod",
        "export",
        "sudo",
        "kill",
        "uvicorn",
        "gunicorn",
        "verifull",
        "cat",
        "cert",
        "sql",
        "start",
    ],
    assigns: &['='],
    hyphens: true,
};

const NGINX: Language = Language {
    comments: &["#"],
    keywords: &[
        "server",
        "listen",
        "location",
        "return",
        "add_header",
        "ssl_protocols",
        "ssl_certificate",
        "ssl_certificate_key",
        "ssl_ciphers",
        "ssl_prefer_server_ciphers",
        "ssl_ecdh_curve",
        "proxy_cookie_flags",
        "server_name",
        "always",
        "on",
        "off",
    ],
    assigns: &[],
    hyphens: true,
};

const SQL: Language = Language {
    comments: &["--"],
    keywords: &[
        "SET", "CLUSTER", "SETTING", "ALTER", "SYSTEM", "SELECT", "FROM", "SHOW", "RELOAD", "TO",
        "USER", "WITH",
    ],
    assigns: &['='],
    hyphens: false,
};

const SETTINGS: Language = Language {
    comments: &["#", ";"],
    keywords: &[
        "hostssl",
        "hostnossl",
        "host",
        "local",
        "reject",
        "scram-sha-256",
        "cert",
        "true",
        "false",
        "on",
        "off",
    ],
    assigns: &['=', ':'],
    hyphens: true,
};

fn language(name: &str) -> &'static Language {
    match name {
        "python" => &PYTHON,
        "go" => &GO,
        "javascript" | "typescript" | "js" | "ts" => &JAVASCRIPT,
        "java" | "kotlin" => &JAVA,
        "sh" | "bash" | "shell" | "console" => &SHELL,
        "nginx" => &NGINX,
        "sql" => &SQL,
        _ => &SETTINGS,
    }
}

/// Cuts one line into pieces with their styles. The pieces put together are the line.
pub(super) fn colour<'a>(name: &str, line: &'a str, styles: &Styles) -> Vec<(&'a str, Style)> {
    let plain = styles.role(Role::Text);
    if line.starts_with("+ ") || line == "+" {
        return vec![(line, styles.role(Role::Added))];
    }
    if line.starts_with("- ") || line == "-" {
        return vec![(line, styles.role(Role::Removed))];
    }
    let language = language(name);
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let starts_word =
            rest.len() == line.len() || line[..line.len() - rest.len()].ends_with([' ', '\t']);
        let (taken, style) = if starts_word
            && language.comments.iter().any(|mark| rest.starts_with(mark))
        {
            (rest.len(), styles.code(Code::Comment))
        } else if matches!(first, '"' | '\'' | '`') {
            (string_length(rest, first), styles.code(Code::String))
        } else if is_word(first) {
            let end = rest
                .find(|c: char| !(is_word(c) || language.hyphens && c == '-'))
                .unwrap_or(rest.len());
            (end, word(language, &rest[..end], &rest[end..], styles))
        } else {
            let end = rest
                .find(|c: char| is_word(c) || matches!(c, '"' | '\'' | '`' | '#' | '/' | '-' | ';'))
                .unwrap_or(rest.len());
            (end.max(first.len_utf8()), plain)
        };
        pieces.push((&rest[..taken], style));
        rest = &rest[taken..];
    }
    pieces
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.')
}

fn word(language: &Language, word: &str, after: &str, styles: &Styles) -> Style {
    if language.keywords.contains(&word) {
        return styles.code(Code::Keyword);
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return styles.code(Code::Number);
    }
    let mut next = after.trim_start().chars();
    match (next.next(), next.next()) {
        (Some(sign), follows)
            if language.assigns.contains(&sign)
                && follows != Some('=')
                && !after.starts_with("://") =>
        {
            styles.code(Code::Key)
        }
        _ => styles.role(Role::Text),
    }
}

/// Returns how long a quoted string is, an unfinished one to the end of the line.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return at + character.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Capability, Theme};

    fn styles() -> Styles {
        Theme::built_in()[0].styles(Capability::Truecolor, None)
    }

    #[test]
    fn python_has_keys_strings_and_comments() {
        let styles = styles();
        let pieces = colour(
            "python",
            "connect(sslmode=\"verify-full\")  # always",
            &styles,
        );
        let style_of = |part: &str| {
            pieces
                .iter()
                .find(|(text, _)| *text == part)
                .map(|(_, style)| *style)
        };
        assert_eq!(style_of("sslmode"), Some(styles.code(Code::Key)));
        assert_eq!(style_of("\"verify-full\""), Some(styles.code(Code::String)));
        assert_eq!(style_of("# always"), Some(styles.code(Code::Comment)));
    }

    #[test]
    fn a_fragment_in_a_url_is_no_comment() {
        let styles = styles();
        let pieces = colour("sh", "psql postgresql://host/db#x", &styles);
        assert!(
            pieces
                .iter()
                .all(|(_, style)| *style != styles.code(Code::Comment))
        );
    }

    proptest::proptest! {
        #[test]
        fn pieces_put_together_are_the_line(line in "\\PC{0,60}", which in 0usize..8) {
            let name = ["python", "go", "javascript", "java", "sh", "nginx", "sql", "ini"][which];
            let styles = styles();
            let whole: String = colour(name, &line, &styles).into_iter().map(|(text, _)| text).collect();
            proptest::prop_assert_eq!(whole, line);
        }
    }
}
