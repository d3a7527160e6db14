//! Reads `pg_hba.conf`: a directive on each line, its name the connection type, its words the columns.

use crate::source::fact::{Directive, Fact, Facts};

use super::written::Written;
use super::{holes, marks};

/// Reads a text to its facts.
pub(super) fn read(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content_at = start + (line.len() - line.trim_start().len());
        if line.trim().is_empty() || marks::end_alone(text, content_at).is_some() {
            continue;
        }
        let mut columns = Vec::new();
        let mut place = start;
        let line_end = start + line.trim_end().len();
        while let Some(column) = column(text, place, line_end) {
            if text[column.clone()].starts_with('#') {
                facts.comments.push(column.start..line_end);
                break;
            }
            place = column.end;
            columns.push(column);
        }
        let (Some(name), Some(last)) = (columns.first().cloned(), columns.last().cloned()) else {
            continue;
        };
        let words = columns[1..].iter().map(|column| {
            let raw = &text[column.clone()];
            let quotes = usize::from(raw.len() >= 2 && raw.starts_with('"') && raw.ends_with('"'));
            let inside = Written::verbatim(&raw[quotes..raw.len() - quotes], column.start + quotes);
            holes::holes(&inside, column.clone(), holes::DOCUMENT)
        });
        facts.facts.push(Fact::Directive(Directive {
            name: text[name.clone()].to_lowercase(),
            words: words.collect(),
            blocks: Vec::new(),
            span: name.start..last.end,
            name_span: name,
        }));
    }
    facts
}

/// Returns where the next column stands; a comment begins one too.
fn column(text: &str, from: usize, end: usize) -> Option<std::ops::Range<usize>> {
    let rest = text.get(from..end)?;
    let start = from + (rest.len() - rest.trim_start().len());
    if start >= end {
        return None;
    }
    let mut is_quoted = false;
    let mut length = 0;
    while start + length < end {
        if let Some(mark) = marks::mark_end(text, start + length).filter(|mark| *mark <= end) {
            length = mark - start;
            continue;
        }
        let character = text[start + length..end].chars().next()?;
        match character {
            '"' => is_quoted = !is_quoted,
            '#' if !is_quoted && length > 0 => break,
            _ if character.is_whitespace() && !is_quoted => break,
            _ => {}
        }
        length += character.len_utf8();
    }
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_directives_with_columns() {
        let text = "# TYPE DATABASE\nhost \"my db\",x all 0.0.0.0/0 trust # c\nlocal all {{ user }} peer map=a\n";
        let facts = read(text);
        let shown: Vec<String> = facts
            .facts
            .iter()
            .map(|fact| match fact {
                Fact::Directive(directive) => format!(
                    "{} {}",
                    directive.name,
                    directive
                        .words
                        .iter()
                        .map(|word| word.filled_with("?"))
                        .collect::<Vec<_>>()
                        .join("|")
                ),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "host \"my db\",x|all|0.0.0.0/0|trust",
                "local all|?|peer|map=a"
            ]
        );
        assert_eq!(facts.comments.len(), 2);
    }

    proptest! {
        #[test]
        fn reading_never_panics_on_any_text(text in r#"[a,#"{} \n\té]{0,60}|.{0,60}"#) {
            let _ = read(&text);
        }
    }
}
