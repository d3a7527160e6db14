//! Text with holes: what a file writes out, and what it leaves to a variable, a call or a default.
//!
//! A connection string in a file is seldom whole: `f"postgresql://{user}:{pw}@db/app?sslmode={mode}"`,
//! `${DATABASE_URL:-postgres://db/app}`. A template keeps the order of what is written and what is not, and where in
//! the file each part stands, so that a finding points at it and a fix changes that part alone.

use std::ops::Range;

use super::Secret;

/// Where something stands in a file: bytes from its beginning.
pub type Span = Range<usize>;

/// Text with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The parts, in their order.
    pub parts: Vec<Part>,
    /// Where it stands as a whole, with its quotes.
    pub span: Span,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is written out.
    Literal(Literal),
    /// What is filled in later.
    Hole(Hole),
}

/// Characters that are written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The characters as the program sees them: escapes are resolved.
    pub text: Secret,
    /// Where they stand in the file, without quotes.
    pub span: Span,
    /// Whether the bytes at `span` are exactly `text`. Where an escape was resolved they are not: then no fix cuts into it, and
    /// a part of it is pointed at by the whole span.
    pub verbatim: bool,
}

impl Literal {
    /// Returns where a part of the text stands in the file; the whole span where the text is not verbatim.
    pub fn span_of(&self, part: Range<usize>) -> Span {
        if self.verbatim {
            self.span.start + part.start..self.span.start + part.end
        } else {
            self.span.clone()
        }
    }
}

/// A place that is filled in when the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// With what.
    pub filling: Filling,
    /// What is taken where there is nothing to fill in: `${K:-default}`, `os.getenv(k, "default")`.
    pub default: Option<Box<Template>>,
    /// Where it stands.
    pub span: Span,
}

/// What fills a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filling {
    /// An environment variable, or a template's variable, by its name.
    Environment(String),
    /// A name of the program that has no known value, dotted: `settings.db_password`.
    Name(String),
    /// The result of a call, by the callee's dotted name.
    Call(String),
    /// Anything else.
    Expression,
}

impl Template {
    /// Returns a template of characters that stand in the file as they are.
    pub fn verbatim(text: &str, span: Span) -> Self {
        Self {
            parts: vec![Part::Literal(Literal {
                text: Secret::new(text),
                span: span.clone(),
                verbatim: true,
            })],
            span,
        }
    }

    /// Returns the text, where nothing is left open.
    pub fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => Some(literal.text.expose()),
                Part::Hole(_) => None,
            })
            .collect()
    }

    /// Whether nothing is left open.
    pub fn is_literal(&self) -> bool {
        self.parts
            .iter()
            .all(|part| matches!(part, Part::Literal(_)))
    }

    /// Whether it has no characters and no holes.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| match part {
            Part::Literal(literal) => literal.text.is_empty(),
            Part::Hole(_) => false,
        })
    }

    /// Returns what is written out before the first hole.
    pub fn beginning(&self) -> String {
        self.parts
            .iter()
            .map_while(|part| match part {
                Part::Literal(literal) => Some(literal.text.expose()),
                Part::Hole(_) => None,
            })
            .collect()
    }

    /// Returns the text with `hole` in the place of each hole: to search in, never to show.
    pub fn filled_with(&self, hole: &str) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.text.expose(),
                Part::Hole(_) => hole,
            })
            .collect()
    }

    /// Returns the template in which every hole that has a default is filled with it, and whether there was one.
    pub fn with_defaults(&self) -> (Self, bool) {
        let mut filled = false;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Hole(Hole {
                    default: Some(default),
                    ..
                }) => {
                    filled = true;
                    parts.extend(default.with_defaults().0.parts);
                }
                Part::Literal(_) | Part::Hole(_) => parts.push(part.clone()),
            }
        }
        let span = self.span.clone();
        (Self { parts, span }, filled)
    }

    /// Puts another template behind this one, as `+` does.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        self.span = self.span.start.min(other.span.start)..self.span.end.max(other.span.end);
        self.parts.extend(other.parts);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(name: &str, default: Option<Template>) -> Part {
        Part::Hole(Hole {
            filling: Filling::Environment(name.to_owned()),
            default: default.map(Box::new),
            span: 0..0,
        })
    }

    #[test]
    fn text_with_a_hole_is_no_literal() {
        let mut template = Template::verbatim("postgresql://", 4..17);
        assert_eq!(template.literal().as_deref(), Some("postgresql://"));
        template.parts.push(hole("HOST", None));
        assert_eq!(template.literal(), None);
        assert_eq!(template.beginning(), "postgresql://");
        assert_eq!(template.filled_with("?"), "postgresql://?");
    }

    #[test]
    fn defaults_fill_their_holes_also_inside_of_defaults() {
        let inner = Template {
            parts: vec![hole("B", Some(Template::verbatim("b", 0..1)))],
            span: 0..1,
        };
        let template = Template {
            parts: vec![hole("A", Some(inner)), hole("C", None)],
            span: 0..9,
        };
        let (filled, any) = template.with_defaults();
        assert!(any);
        assert_eq!(filled.filled_with("?"), "b?");
    }

    #[test]
    fn part_of_a_verbatim_literal_has_a_span_of_its_own() {
        let mut literal = Literal {
            text: Secret::new("sslmode=disable"),
            span: 100..115,
            verbatim: true,
        };
        assert_eq!(literal.span_of(8..15), 108..115);
        literal.verbatim = false;
        assert_eq!(literal.span_of(8..15), 100..115);
    }
}
