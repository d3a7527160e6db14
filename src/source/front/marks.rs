//! Marks of templates (Go and Helm, Jinja, `FreeMarker`, ERB) in a document: blanked out, byte for byte, so that a parser of the format
//! underneath takes the text and every offset stays what it was.

/// Longest mark, in bytes.
const LONGEST: usize = 600;

/// How often a mark may be opened again before it is closed.
const MOST_OPENED: usize = 8;

/// Opening and closing marks.
const MARKS: &[(&str, &str)] = &[
    ("{{", "}}"),
    ("{%", "%}"),
    ("{#", "#}"),
    ("<#", ">"),
    ("</#", ">"),
    ("<%", "%>"),
];

/// Returns where the first mark of a template stands.
pub(super) fn first(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(offset) = text[at..].find(['{', '<']) {
        at += offset;
        if mark_end(text, at).is_some() {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns the text with its marks blanked out: a mark that fills its line alone becomes blanks, one inside of a line becomes letters.
/// `None` where there is none.
pub(super) fn blanked(text: &str) -> Option<String> {
    first(text)?;
    let mut shape = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        at = blank_line(text, at, line_end, &mut shape);
    }
    Some(shape)
}

/// Blanks the marks of the line from `at` to `line_end`; returns where the next line begins, which is later where a mark crosses lines.
fn blank_line(text: &str, at: usize, line_end: usize, shape: &mut String) -> usize {
    let mut pieces: Vec<(usize, usize, bool)> = Vec::new();
    let mut from = at;
    let mut place = at;
    let mut end_of_line = line_end;
    while place < end_of_line {
        let next = text[place..end_of_line].find(['{', '<']);
        let Some(next) = next.map(|offset| place + offset) else {
            break;
        };
        match mark_end(text, next) {
            Some(end) => {
                pieces.push((from, next, false));
                pieces.push((next, end, true));
                from = end;
                place = end;
                if end > end_of_line {
                    end_of_line = text[end..]
                        .find('\n')
                        .map_or(text.len(), |next| end + next + 1);
                }
            }
            None => place = next + 1,
        }
    }
    pieces.push((from, end_of_line, false));
    let is_alone = pieces
        .iter()
        .filter(|(_, _, is_mark)| !is_mark)
        .all(|(start, end, _)| text[*start..*end].trim().is_empty());
    for (start, end, is_mark) in pieces {
        let piece = &text[start..end];
        if !is_mark {
            shape.push_str(piece);
            continue;
        }
        // Control marks say nothing that a value could be made of; the others stand for one.
        let is_control = is_alone || is_control(piece);
        for byte in piece.bytes() {
            shape.push(match byte {
                b'\n' | b'\r' if is_alone => char::from(byte),
                _ if is_control => ' ',
                _ => 'x',
            });
        }
    }
    end_of_line
}

/// Whether a mark only steers: `{{- if … }}`, `{% endfor %}`, `<#else>`, a comment.
fn is_control(mark: &str) -> bool {
    if !mark.starts_with("{{") {
        return !mark.starts_with("<%=");
    }
    let inside = mark.trim_start_matches(['{', '-', ' ']);
    let word: &str = inside
        .split(|character: char| {
            !character.is_ascii_alphanumeric() && character != '/' && character != '*'
        })
        .next()
        .unwrap_or_default();
    matches!(
        word,
        "if" | "else" | "end" | "range" | "with" | "define" | "block" | "break" | "continue"
    ) || inside.starts_with("/*")
        || inside.starts_with('!')
        || (inside.starts_with('$') && inside.contains(":="))
}

/// Returns where the mark that begins at `at` ends, behind its closing.
pub(super) fn mark_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    MARKS.iter().find_map(|(open, close)| {
        if !bytes[at..].starts_with(open.as_bytes()) {
            return None;
        }
        let mut opened = 0;
        for place in at + open.len()..bytes.len().min(at + LONGEST) {
            if bytes[place..].starts_with(close.as_bytes()) {
                return Some(place + close.len());
            }
            // Nothing but opening marks: no template, and no work for each of them.
            opened += usize::from(bytes[place..].starts_with(open.as_bytes()));
            if opened > MOST_OPENED {
                break;
            }
        }
        None
    })
}

/// Returns where the mark at `at` ends, where nothing else stands on its line.
pub(super) fn end_alone(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end_matches([' ', '\t']);
    if !(before.is_empty() || before.ends_with('\n')) {
        return None;
    }
    let end = mark_end(text, at)?;
    let behind = text[end..].trim_start_matches([' ', '\t', '\r']);
    (behind.is_empty() || behind.starts_with('\n')).then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_blanked_byte_for_byte() {
        let text =
            "{{- if .x }}\na: {{ .é }}b\n{% for %}\n{{/* long\ncomment */}}\nc: d {{ end }}\n";
        let shape = blanked(text).expect("marks");
        assert_eq!(shape.len(), text.len());
        assert!(shape.starts_with("            \na: xxxxxxxxb"[..15].trim_end_matches('\u{0}')));
        assert!(shape.contains("c: d          \n"));
        assert_eq!(shape.matches('\n').count(), text.matches('\n').count());
        assert_eq!(blanked("a: {b: c}\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_length(text in r"[a{}%#<> \n\-é]{0,80}|.{0,60}") {
            if let Some(shape) = blanked(&text) {
                prop_assert_eq!(shape.len(), text.len());
            }
        }
    }
}
