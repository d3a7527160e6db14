//! `${VAR}` in strings.
//!
//! It knows no environment: who calls answers for the names. `$${` is a plain `${`, and a lone `$` is itself.

use std::ops::Range;

/// A string of the file with its variables put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The string as it is meant.
    pub(super) value: String,
    /// Whether anything was put in, so that the string must not be repeated in messages.
    pub(super) had_variables: bool,
}

/// Puts in variables. `quote` says of each place in `template` whether what is put in must be percent-encoded.
pub(super) fn expand(
    template: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    quote: &dyn Fn(usize) -> bool,
) -> Result<Expanded, String> {
    let mut value = String::with_capacity(template.len());
    let mut had_variables = false;
    let mut position = 0;
    while let Some(found) = template[position..].find("${") {
        let at = position + found;
        if template[position..at].ends_with('$') {
            value.push_str(&template[position..at]);
            value.push('{');
            position = at + 2;
            continue;
        }
        value.push_str(&template[position..at]);
        let (name, end) = variable(template, at)?;
        let Some(text) = environment(name) else {
            return Err(format!("the environment variable `{name}` is not set"));
        };
        if quote(at) {
            push_encoded(&mut value, &text);
        } else {
            value.push_str(&text);
        }
        had_variables = true;
        position = end;
    }
    value.push_str(&template[position..]);
    Ok(Expanded {
        value,
        had_variables,
    })
}

/// Reads `${NAME}` at `start` and says where it ends. The message does not repeat what is not a name.
fn variable(template: &str, start: usize) -> Result<(&str, usize), String> {
    let rest = &template[start + 2..];
    let name = rest.split_once('}').map_or("", |(name, _)| name);
    // POSIX.1-2024, section 8.1: what a portable environment name is.
    let portable = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !portable {
        return Err(
            "`${` begins a variable such as `${PGPASSWORD}`; a plain `${` is written `$${`"
                .to_owned(),
        );
    }
    Ok((name, start + 2 + name.len() + 1))
}

/// Finds where user and password stand in a URL's template, so that an `@` in a variable splits nothing.
///
/// `None` where no `:` parts the two: then a single variable may hold both, already encoded.
pub(super) fn userinfo(template: &str) -> Option<Range<usize>> {
    let start = template.find("://")? + 3;
    let authority = template[start..].split(['/', '?']).next()?;
    let end = start + authority.rfind('@')?;
    template[start..end].contains(':').then_some(start..end)
}

/// Whether anything but variables stands in a part of a template.
pub(super) fn is_literal(part: &str) -> bool {
    let mut rest = part;
    while let Some(after) = rest.strip_prefix("${") {
        match after.split_once('}') {
            Some((_, after)) => rest = after,
            None => return true,
        }
    }
    !rest.is_empty()
}

/// Appends text with everything but RFC 3986's unreserved characters percent-encoded.
fn push_encoded(value: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            value.push(char::from(byte));
        } else {
            value.push('%');
            value.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("db1".to_owned()),
            "PASSWORD" => Some("p@s/s".to_owned()),
            "DOLLARS" => Some("${HOST}".to_owned()),
            _ => None,
        }
    }

    fn plain(template: &str) -> Result<String, String> {
        expand(template, &environment, &|_| false).map(|expanded| expanded.value)
    }

    #[test]
    fn variables_are_put_in_once() {
        assert_eq!(plain("a ${HOST} b ${HOST}"), Ok("a db1 b db1".to_owned()));
        assert_eq!(plain("${DOLLARS}"), Ok("${HOST}".to_owned()));
    }

    #[test]
    fn doubled_dollar_is_a_plain_one() {
        assert_eq!(plain("$${HOST}"), Ok("${HOST}".to_owned()));
        assert_eq!(plain("$$ $HOST 5$"), Ok("$$ $HOST 5$".to_owned()));
    }

    #[test]
    fn missing_variable_is_named() {
        assert_eq!(
            plain("${NOPE}"),
            Err("the environment variable `NOPE` is not set".to_owned())
        );
    }

    #[test]
    fn broken_variable_is_not_repeated() {
        for broken in ["${", "${}", "${a-b}", "${HOST:-hunter2}", "${1X}"] {
            let message = plain(broken).expect_err(broken);
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn password_of_a_url_is_percent_encoded() {
        let template = "postgresql://app:${PASSWORD}@${HOST}/x";
        let userinfo = userinfo(template).expect("there is one");
        let expanded = expand(template, &environment, &|at| userinfo.contains(&at));
        assert_eq!(
            expanded.expect("it expands").value,
            "postgresql://app:p%40s%2Fs@db1/x"
        );
    }

    #[test]
    fn literal_parts_are_told_from_variables() {
        assert!(!is_literal("${PGPASSWORD}"));
        assert!(!is_literal("${A}${B}"));
        assert!(is_literal("x${A}"));
        assert!(is_literal("$${A}"));
        assert!(is_literal("${A"));
        assert!(!is_literal(""));
    }
}
