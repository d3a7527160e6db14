//! Lines of a page: labels in a column, text wrapped beside them, colour on top.
//!
//! It knows widths and roles and nothing of endpoints. Every text is cleaned here once more, on its way out.

use unicode_width::UnicodeWidthStr;

use crate::report::Style;
use crate::text::{LONGEST, printable_within};

/// What a piece of text is for. Colour only repeats what the words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Role {
    /// Just text.
    Plain,
    /// What the eye looks for first.
    Strong,
    /// Labels and asides.
    Dim,
    /// Broken or open.
    Critical,
    /// To be watched.
    Warning,
    /// As it should be.
    Ok,
    /// Could not be looked at.
    Unknown,
    /// Worth knowing.
    Note,
}

impl Role {
    /// Returns the parameters of the ANSI sequence SGR (ECMA-48, section 8.3.117): the sixteen colours that every terminal's owner chose.
    const fn sgr(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Dim => Some("2"),
            Self::Critical => Some("1;31"),
            Self::Warning => Some("33"),
            Self::Ok => Some("32"),
            Self::Unknown => Some("35"),
            Self::Note => Some("36"),
        }
    }
}

/// A piece of text with its role.
pub(in crate::report) type Span = (Role, String);

/// Returns a span.
pub(in crate::report) fn span(role: Role, text: impl Into<String>) -> Span {
    (role, text.into())
}

/// Narrowest page that is laid out; on a narrower terminal the lines break by themselves.
const NARROWEST: usize = 40;

/// Widest page: longer lines are hard to read (Bringhurst, section 2.1.2, asks for 45 to 75 characters; tables need more).
const WIDEST: usize = 120;

/// A space at which no line is broken; on the page it is a space like others.
pub(in crate::report) const NO_BREAK: char = '\u{a0}';

/// Columns before the text beside a label.
pub(in crate::report) const LABEL: usize = 16;

/// A page under construction.
pub(in crate::report) struct Page {
    out: String,
    color: bool,
    width: usize,
}

impl Page {
    /// Returns an empty page.
    pub(in crate::report) fn new(style: Style<'_>) -> Self {
        Self {
            out: String::new(),
            color: style.color,
            width: style.width.clamp(NARROWEST, WIDEST),
        }
    }

    /// Returns how many columns it has.
    pub(in crate::report) const fn width(&self) -> usize {
        self.width
    }

    /// Ends it.
    pub(in crate::report) fn finish(self) -> String {
        self.out
    }

    /// Adds an empty line, unless one is there already.
    pub(in crate::report) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Writes spans, as they are, and ends the line.
    pub(in crate::report) fn line(&mut self, spans: &[Span]) {
        for (role, text) in spans {
            self.paint(*role, text);
        }
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
    }

    /// Writes `left`, and `right` at the right edge; on the next line where both do not fit.
    pub(in crate::report) fn edges(&mut self, left: &[Span], right: &[Span]) {
        let columns = |spans: &[Span]| spans.iter().map(|(_, text)| text.width()).sum::<usize>();
        let (used, due) = (columns(left), columns(right));
        let mut spans = left.to_vec();
        if used + 2 + due > self.width {
            self.line(&spans);
            spans = vec![span(
                Role::Plain,
                " ".repeat(self.width.saturating_sub(due)),
            )];
        } else {
            spans.push(span(Role::Plain, " ".repeat(self.width - used - due)));
        }
        spans.extend_from_slice(right);
        self.line(&spans);
    }

    /// Writes a label and wraps the text beside it.
    pub(in crate::report) fn field(&mut self, label: &str, spans: &[Span]) {
        self.hanging(&[span(Role::Dim, format!("  {label}"))], LABEL, spans);
    }

    /// Writes `lead` in the first `indent` columns and wraps the text in the columns after them.
    pub(in crate::report) fn hanging(&mut self, lead: &[Span], indent: usize, spans: &[Span]) {
        let lead_columns: usize = lead.iter().map(|(_, text)| text.width()).sum();
        for (role, text) in lead {
            self.paint(*role, text);
        }
        let mut column = indent;
        if lead_columns < indent {
            self.out.push_str(&" ".repeat(indent - lead_columns));
        } else if lead_columns > 0 {
            // A lead that is too long has a space behind it.
            column = lead_columns;
            if !self.out.ends_with(' ') {
                self.out.push(' ');
                column += 1;
            }
        }
        let mut line_is_empty = true;
        for (role, word) in words(spans) {
            let columns = word.width();
            if !line_is_empty && column + 1 + columns > self.width {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(indent));
                column = indent;
                line_is_empty = true;
            }
            if !line_is_empty {
                self.out.push(' ');
                column += 1;
            }
            self.paint(role, &word.replace(NO_BREAK, " "));
            column += columns;
            line_is_empty = false;
        }
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
    }

    /// Writes one piece in its colour.
    fn paint(&mut self, role: Role, text: &str) {
        let text = printable_within(text, LONGEST);
        match role.sgr().filter(|_| self.color && !text.trim().is_empty()) {
            Some(sgr) => {
                self.out.push_str("\u{1b}[");
                self.out.push_str(sgr);
                self.out.push('m');
                self.out.push_str(&text);
                self.out.push_str("\u{1b}[0m");
            }
            None => self.out.push_str(&text),
        }
    }
}

/// Cuts spans into words that keep their roles. What stands between back-quotes is one word's matter no more than elsewhere.
fn words(spans: &[Span]) -> impl Iterator<Item = (Role, String)> {
    spans.iter().flat_map(|(role, text)| {
        text.split(|character: char| character.is_whitespace() && character != NO_BREAK)
            .filter(|word| !word.is_empty())
            .map(|word| (*role, word.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Detail;

    fn page(width: usize, color: bool) -> Page {
        Page::new(Style {
            color,
            width,
            detail: Detail::Fitting,
            policies: &[],
        })
    }

    #[test]
    fn text_wraps_under_itself() {
        let mut page = page(40, false);
        page.hanging(
            &[span(Role::Dim, "  why")],
            8,
            &[span(
                Role::Plain,
                "one two three four five six seven eight nine",
            )],
        );
        assert_eq!(
            page.finish(),
            "  why   one two three four five six\n        seven eight nine\n"
        );
    }

    #[test]
    fn line_does_not_break_at_a_no_break_space() {
        let mut page = page(40, false);
        let text = "thirty columns of words come and\u{a0}these";
        page.hanging(&[], 4, &[span(Role::Plain, text)]);
        assert_eq!(
            page.finish(),
            "    thirty columns of words come\n    and these\n"
        );
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let mut plain = page(40, false);
        let mut colored = page(40, true);
        for page in [&mut plain, &mut colored] {
            page.line(&[span(Role::Critical, "bad"), span(Role::Plain, " news")]);
        }
        assert_eq!(plain.finish(), "bad news\n");
        assert_eq!(colored.finish(), "\u{1b}[1;31mbad\u{1b}[0m news\n");
    }

    #[test]
    fn hostile_text_is_cleaned_on_its_way_out() {
        let mut page = page(40, true);
        page.line(&[span(Role::Plain, "a\u{1b}[2Jb")]);
        assert_eq!(page.finish(), "a\u{fffd}[2Jb\n");
    }

    #[test]
    fn right_edge_moves_down_where_it_does_not_fit() {
        let mut page = page(40, false);
        page.edges(
            &[span(Role::Plain, "x".repeat(38))],
            &[span(Role::Plain, "end")],
        );
        assert_eq!(
            page.finish(),
            format!("{}\n{}end\n", "x".repeat(38), " ".repeat(37))
        );
    }
}
