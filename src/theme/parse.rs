//! The text of a theme to a theme.
//!
//! It warns about what it does not know and names the line and the nearest spelling; it never guesses a colour.

use std::collections::BTreeMap;
use std::fmt;

use ratatui::style::Modifier;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::colour::Rgb;
use super::{AnsiPaint, BUILT_IN, Code, Colour, Kind, Paint, Role, SIXTEEN, Theme, slug};

/// Largest theme that is read, in bytes. The longest built-in has 2 kB.
const LARGEST: usize = 64 * 1024;

/// Longest chain of `inherits` and of roles that point to roles. It bounds a circle.
const DEEPEST: usize = 8;

/// Something in a theme that has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The line, from 1.
    pub line: usize,
    /// What has no effect, and what was perhaps meant.
    pub message: String,
}

/// Why a theme cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ThemeError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A theme as written, before names are followed.
#[derive(Clone, Default)]
struct Written {
    name: Option<String>,
    kind: Option<Kind>,
    background: Option<Rgb>,
    palette: BTreeMap<String, Rgb>,
    roles: BTreeMap<Role, (usize, Look)>,
    code: BTreeMap<&'static str, (usize, Look)>,
    latency: Option<(usize, [String; 3])>,
    life: Option<(usize, [String; 3])>,
}

/// One role as written.
#[derive(Clone, Default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    modifier: Modifier,
    ansi: Option<AnsiPaint>,
    /// A bare string names a colour or another role.
    bare: bool,
}

/// Reads one text: knows its lines and gathers warnings.
struct Reader<'a> {
    text: &'a str,
    warnings: Vec<Warning>,
}

pub(super) fn parse(text: &str) -> Result<(Theme, Vec<Warning>), ThemeError> {
    let mut reader = Reader {
        text,
        warnings: Vec::new(),
    };
    let written = reader.written(0)?;
    let theme = written.follow()?;
    Ok((theme, reader.warnings))
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at.min(self.text.len())]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }

    fn error(&self, at: usize, message: impl Into<String>) -> ThemeError {
        ThemeError {
            line: self.line(at),
            message: message.into(),
        }
    }

    fn warn<'n>(
        &mut self,
        at: usize,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) {
        let meant =
            nearest(name, known).map_or_else(String::new, |near| format!(", nearest is `{near}`"));
        let name = crate::text::printable_within(name, 40);
        let line = self.line(at);
        self.warnings.push(Warning {
            line,
            message: format!("unknown {what} `{name}`{meant}"),
        });
    }

    fn written(&mut self, depth: usize) -> Result<Written, ThemeError> {
        if self.text.len() > LARGEST {
            return Err(self.error(0, format!("larger than {LARGEST} bytes")));
        }
        let parsed = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.error(at, crate::text::printable_within(error.message(), 200))
        })?;
        let table = parsed.into_inner();
        let mut written = match table.get("inherits") {
            Some(parent) => self.parent(parent, depth)?,
            None => Written::default(),
        };
        for (key, value) in &table {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "name" => {
                    let name = self.string(value)?;
                    written.name = Some(crate::text::printable_within(name.trim(), 40));
                }
                "kind" => written.kind = Some(self.kind(value)?),
                "background" => written.background = Some(self.rgb(value)?),
                "inherits" => {}
                "palette" => self.palette(value, &mut written)?,
                "role" => self.roles(value, &mut written)?,
                "code" => self.code(value, &mut written)?,
                "scale" => self.scale(value, &mut written)?,
                other => {
                    let known = [
                        "name",
                        "kind",
                        "background",
                        "inherits",
                        "palette",
                        "role",
                        "code",
                        "scale",
                    ];
                    self.warn(at, "key", other, known.into_iter());
                }
            }
        }
        Ok(written)
    }

    fn parent(&self, parent: &Spanned<DeValue<'_>>, depth: usize) -> Result<Written, ThemeError> {
        let at = parent.span().start;
        let name = slug(self.string(parent)?);
        let Some((_, text)) = BUILT_IN.iter().find(|(own, _)| *own == name) else {
            let near =
                nearest(&name, BUILT_IN.iter().map(|(own, _)| *own)).unwrap_or(BUILT_IN[0].0);
            let name = crate::text::printable_within(&name, 40);
            return Err(self.error(
                at,
                format!("`inherits` names no built-in theme: `{name}`, nearest is `{near}`"),
            ));
        };
        if depth >= DEEPEST {
            return Err(self.error(at, "`inherits` goes in a circle"));
        }
        let mut inherited = Reader {
            text,
            warnings: Vec::new(),
        }
        .written(depth + 1)?;
        inherited.name = None;
        Ok(inherited)
    }

    fn string<'v>(&self, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, ThemeError> {
        value.get_ref().as_str().ok_or_else(|| {
            let found = value.get_ref().type_str();
            self.error(
                value.span().start,
                format!("a string is wanted here, found {found}"),
            )
        })
    }

    fn table<'v, 'i>(
        &self,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Result<&'v DeTable<'i>, ThemeError> {
        value.get_ref().as_table().ok_or_else(|| {
            let found = value.get_ref().type_str();
            self.error(
                value.span().start,
                format!("a table is wanted here, found {found}"),
            )
        })
    }

    fn kind(&self, value: &Spanned<DeValue<'_>>) -> Result<Kind, ThemeError> {
        match self.string(value)? {
            "dark" => Ok(Kind::Dark),
            "light" => Ok(Kind::Light),
            "any" => Ok(Kind::Any),
            other => {
                let other = crate::text::printable_within(other, 40);
                let message = format!("`kind` is `dark`, `light` or `any`, found `{other}`");
                Err(self.error(value.span().start, message))
            }
        }
    }

    fn rgb(&self, value: &Spanned<DeValue<'_>>) -> Result<Rgb, ThemeError> {
        let text = self.string(value)?;
        Rgb::from_hex(text).ok_or_else(|| {
            let text = crate::text::printable_within(text, 40);
            self.error(
                value.span().start,
                format!("a colour such as `#e6e8eb` is wanted here, found `{text}`"),
            )
        })
    }

    fn palette(
        &self,
        value: &Spanned<DeValue<'_>>,
        written: &mut Written,
    ) -> Result<(), ThemeError> {
        for (key, value) in self.table(value)? {
            written
                .palette
                .insert(key.get_ref().to_string(), self.rgb(value)?);
        }
        Ok(())
    }

    fn roles(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        written: &mut Written,
    ) -> Result<(), ThemeError> {
        for (key, value) in self.table(value)? {
            let at = key.span().start;
            match Role::from_name(key.get_ref()) {
                Some(role) => {
                    let look = self.look(value)?;
                    written.roles.insert(role, (self.line(at), look));
                }
                None => self.warn(
                    at,
                    "role",
                    key.get_ref(),
                    Role::ALL.iter().map(|(_, name)| *name),
                ),
            }
        }
        Ok(())
    }

    fn code(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        written: &mut Written,
    ) -> Result<(), ThemeError> {
        for (key, value) in self.table(value)? {
            let at = key.span().start;
            match Code::ALL.iter().find(|(_, name, _)| name == key.get_ref()) {
                Some((_, name, _)) => {
                    let look = self.look(value)?;
                    written.code.insert(name, (self.line(at), look));
                }
                None => self.warn(
                    at,
                    "kind of code",
                    key.get_ref(),
                    Code::ALL.iter().map(|(_, name, _)| *name),
                ),
            }
        }
        Ok(())
    }

    fn scale(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        written: &mut Written,
    ) -> Result<(), ThemeError> {
        for (key, value) in self.table(value)? {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "latency" => written.latency = Some((self.line(at), self.steps(value)?)),
                "life" => written.life = Some((self.line(at), self.steps(value)?)),
                other => self.warn(at, "scale", other, ["latency", "life"].into_iter()),
            }
        }
        Ok(())
    }

    fn steps(&self, value: &Spanned<DeValue<'_>>) -> Result<[String; 3], ThemeError> {
        let names = value
            .get_ref()
            .as_array()
            .map(|array| {
                array
                    .iter()
                    .map(|step| self.string(step).map(ToOwned::to_owned))
                    .collect::<Result<Vec<_>, _>>()
            })
            .transpose()?
            .unwrap_or_default();
        names.try_into().map_err(|_| {
            self.error(
                value.span().start,
                "a scale has three steps, such as [\"faint\", \"info\", \"accent\"]",
            )
        })
    }

    fn look(&mut self, value: &Spanned<DeValue<'_>>) -> Result<Look, ThemeError> {
        if let Some(name) = value.get_ref().as_str() {
            return Ok(Look {
                fg: Some(name.to_owned()),
                bare: true,
                ..Look::default()
            });
        }
        let mut look = Look::default();
        for (key, value) in self.table(value)? {
            match key.get_ref().as_ref() {
                "fg" => look.fg = Some(self.string(value)?.to_owned()),
                "bg" => look.bg = Some(self.string(value)?.to_owned()),
                "ansi" => look.ansi = Some(self.ansi(value)?),
                name => match modifier(name) {
                    Some(modifier) => look
                        .modifier
                        .set(modifier, value.get_ref().as_bool() == Some(true)),
                    None => {
                        let known = [
                            "fg",
                            "bg",
                            "ansi",
                            "bold",
                            "italic",
                            "underlined",
                            "reversed",
                        ];
                        self.warn(key.span().start, "key", name, known.into_iter());
                    }
                },
            }
        }
        Ok(look)
    }

    fn ansi(&self, value: &Spanned<DeValue<'_>>) -> Result<AnsiPaint, ThemeError> {
        let mut paint = AnsiPaint::default();
        for word in self.string(value)?.split_whitespace() {
            match (modifier(word), sixteen(word)) {
                (Some(modifier), _) => paint.modifier |= modifier,
                (None, Some(index)) => paint.colour = Some(index),
                (None, None) if word == "reset" => paint.colour = None,
                (None, None) => {
                    let near =
                        nearest(word, SIXTEEN.iter().map(|(name, _)| *name)).unwrap_or("gray");
                    let word = crate::text::printable_within(word, 40);
                    let message =
                        format!("`{word}` is none of the 16 colours, nearest is `{near}`");
                    return Err(self.error(value.span().start, message));
                }
            }
        }
        Ok(paint)
    }
}

impl Written {
    /// Follows every name to its colour.
    fn follow(&self) -> Result<Theme, ThemeError> {
        let Some(name) = self.name.clone().filter(|name| !name.is_empty()) else {
            return Err(ThemeError {
                line: 1,
                message: "`name` is missing".to_owned(),
            });
        };
        let mut roles = [Paint::default(); Role::ALL.len()];
        for (role, _) in Role::ALL {
            roles[role as usize] = self.role(role, 0)?;
        }
        let mut code = [Paint::default(); Code::ALL.len()];
        for (index, (_, name, stand_in)) in Code::ALL.iter().enumerate() {
            code[index] = match self.code.get(name) {
                Some((line, look)) => self.paint(*line, look, *stand_in, 0)?,
                None => roles[*stand_in as usize],
            };
        }
        Ok(Theme {
            name,
            kind: self.kind.unwrap_or(Kind::Any),
            background: self.background,
            latency: self.steps(
                self.latency.as_ref(),
                [Role::Faint, Role::Info, Role::Accent],
                &roles,
            )?,
            life: self.steps(
                self.life.as_ref(),
                [Role::Critical, Role::Warn, Role::Ok],
                &roles,
            )?,
            roles,
            code,
        })
    }

    fn steps(
        &self,
        written: Option<&(usize, [String; 3])>,
        otherwise: [Role; 3],
        roles: &[Paint; Role::ALL.len()],
    ) -> Result<[Paint; 3], ThemeError> {
        let mut steps = otherwise.map(|role| roles[role as usize]);
        if let Some((line, names)) = written {
            for (step, name) in steps.iter_mut().zip(names) {
                let look = Look {
                    fg: Some(name.clone()),
                    bare: true,
                    ..Look::default()
                };
                *step = self.paint(*line, &look, Role::Text, 0)?;
            }
        }
        Ok(steps)
    }

    fn role(&self, role: Role, depth: usize) -> Result<Paint, ThemeError> {
        match (self.roles.get(&role), role.fallback()) {
            (Some((line, look)), _) => self.paint(*line, look, role, depth),
            (None, Some(fallback)) => self.role(fallback, depth + 1),
            (None, None) if role == Role::Selection => Ok(Paint {
                modifier: Modifier::REVERSED,
                ..Paint::default()
            }),
            (None, None) => Ok(Paint::default()),
        }
    }

    fn paint(
        &self,
        line: usize,
        look: &Look,
        role: Role,
        depth: usize,
    ) -> Result<Paint, ThemeError> {
        if depth > DEEPEST {
            let message = format!("role `{}` points to itself", role.as_str());
            return Err(ThemeError { line, message });
        }
        if let (true, Some(name)) = (look.bare, &look.fg)
            && let Some(other) = Role::from_name(name)
            && !self.palette.contains_key(name)
        {
            return self.role(other, depth + 1);
        }
        let is_ground = matches!(role, Role::Surface | Role::Overlay | Role::Selection);
        let fg = look
            .fg
            .as_ref()
            .map(|name| self.colour(line, name, depth))
            .transpose()?
            .flatten();
        let bg = look
            .bg
            .as_ref()
            .map(|name| self.colour(line, name, depth))
            .transpose()?
            .flatten();
        let (fg, bg) = if look.bare && is_ground {
            (None, fg)
        } else {
            (fg, bg)
        };
        Ok(Paint {
            fg: fg.filter(|colour| *colour != Colour::Reset),
            bg: bg.filter(|colour| *colour != Colour::Reset),
            modifier: look.modifier,
            ansi: look.ansi,
        })
    }

    fn colour(&self, line: usize, name: &str, depth: usize) -> Result<Option<Colour>, ThemeError> {
        if let Some(rgb) = self
            .palette
            .get(name)
            .copied()
            .or_else(|| Rgb::from_hex(name))
        {
            return Ok(Some(Colour::Rgb(rgb)));
        }
        if name == "reset" {
            return Ok(Some(Colour::Reset));
        }
        if let Some(index) = sixteen(name) {
            return Ok(Some(Colour::Ansi(index)));
        }
        if let Some(role) = Role::from_name(name) {
            return Ok(self.role(role, depth + 1)?.fg);
        }
        let known = self
            .palette
            .keys()
            .map(String::as_str)
            .chain(Role::ALL.iter().map(|(_, own)| *own))
            .chain(SIXTEEN.iter().map(|(own, _)| *own));
        let near =
            nearest(name, known).map_or_else(String::new, |near| format!(", nearest is `{near}`"));
        let name = crate::text::printable_within(name, 40);
        let message = format!(
            "`{name}` is no colour: neither `#rrggbb` nor in [palette], a role or one of the 16{near}"
        );
        Err(ThemeError { line, message })
    }
}

fn modifier(name: &str) -> Option<Modifier> {
    match name {
        "bold" => Some(Modifier::BOLD),
        "italic" => Some(Modifier::ITALIC),
        "underlined" => Some(Modifier::UNDERLINED),
        "reversed" => Some(Modifier::REVERSED),
        _ => None,
    }
}

fn sixteen(name: &str) -> Option<u8> {
    SIXTEEN
        .iter()
        .position(|(own, _)| *own == name)
        .and_then(|index| u8::try_from(index).ok())
}

/// Returns the known name that is nearest, where one is near enough to be meant.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // Longer than any name we know plus what could be a slip.
    let bounded: String = name.chars().take(40).collect();
    known
        .map(|own| (edits(&bounded, own), own))
        .filter(|(edits, own)| *edits <= own.len().div_ceil(2))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, own)| own)
}

/// Counts insertions, deletions and replacements between two words.
fn edits(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (above, left) in one.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (index, right) in two.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[index + 1];
            row[index + 1] = replaced.min(diagonal + 1).min(row[index] + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn wrong(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn unknown_role_names_line_and_nearest() {
        let (_, warnings) =
            parse("name = \"x\"\n[role]\ntext = \"white\"\nacent = \"red\"\n").unwrap();
        assert_eq!(warnings.len(), 1);
        assert_eq!(
            warnings[0].to_string(),
            "line 4: unknown role `acent`, nearest is `accent`"
        );
    }

    #[test]
    fn unknown_colour_is_an_error_with_line() {
        let message = wrong("name = \"x\"\n[palette]\nink = \"#ffffff\"\n[role]\ntext = \"inc\"\n");
        assert!(
            message.starts_with("line 5: `inc` is no colour"),
            "{message}"
        );
        assert!(message.ends_with("nearest is `ink`"), "{message}");
    }

    #[test]
    fn roles_that_point_in_a_circle_end() {
        let message = wrong("name = \"x\"\n[role]\nok = \"warn\"\nwarn = \"ok\"\n");
        assert!(message.contains("points to itself"), "{message}");
    }

    #[test]
    fn missing_roles_fall_back_along_the_chain() {
        let (theme, _) =
            parse("name = \"x\"\n[role]\ntext = \"white\"\nwarn = \"yellow\"\n").unwrap();
        assert_eq!(theme.paint(Role::Removed).fg, Some(Colour::Ansi(3)));
        assert_eq!(theme.paint(Role::Faint).fg, Some(Colour::Ansi(15)));
        assert_eq!(theme.paint(Role::Selection).modifier, Modifier::REVERSED);
    }

    #[test]
    fn a_child_changes_the_palette_of_its_parent() {
        let (theme, warnings) =
            parse("name = \"Mine\"\ninherits = \"signal-dark\"\n[palette]\nink = \"#010203\"\n")
                .unwrap();
        assert_eq!(warnings, []);
        assert_eq!(theme.paint(Role::Text).fg, Some(Colour::Rgb(Rgb(1, 2, 3))));
        assert_eq!(theme.slug(), "mine");
    }

    #[test]
    fn errors_say_what_is_wanted() {
        assert!(wrong("").contains("`name` is missing"));
        assert!(wrong("name = 3").contains("a string is wanted"));
        assert!(wrong("name = \"x\"\nkind = \"grey\"").starts_with("line 2: `kind`"));
        assert!(
            wrong("name = \"x\"\ninherits = \"signal-drak\"").contains("nearest is `signal-dark`")
        );
        assert!(wrong("name = \"x\"\n[scale]\nlife = [\"ok\"]").contains("three steps"));
        assert!(wrong("name = \"x\"\n[role\n").starts_with("line 2"));
        assert!(wrong(&format!("name = \"x\" #{}", "x".repeat(LARGEST))).contains("larger"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_role_value_is_read_or_refused(value in "[ -~]{0,40}", at in 0usize..17) {
            let _ = parse(&format!("name = \"x\"\n[role]\n{} = {value}\n", Role::ALL[at].1));
        }
    }
}
