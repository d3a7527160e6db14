//! Colour roles, and the themes that fill them.
//!
//! A panel asks for a role and never for a colour. A theme says what a role looks like with 16 million colours and
//! with 16; without colour, roles become modifiers. It opens no file: the text of a theme is an argument.

use std::fmt;

use ratatui::style::{Color, Modifier, Style};

use colour::Rgb;

pub mod colour;
mod parse;

pub use parse::{ThemeError, Warning};

/// The themes that are part of the program, the default first: name of the file and its text.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("signal-dark", include_str!("../themes/signal-dark.toml")),
    ("signal-light", include_str!("../themes/signal-light.toml")),
    (
        "colour-blind-dark",
        include_str!("../themes/colour-blind-dark.toml"),
    ),
    (
        "colour-blind-light",
        include_str!("../themes/colour-blind-light.toml"),
    ),
    (
        "high-contrast-dark",
        include_str!("../themes/high-contrast-dark.toml"),
    ),
    (
        "high-contrast-light",
        include_str!("../themes/high-contrast-light.toml"),
    ),
    (
        "catppuccin-mocha",
        include_str!("../themes/catppuccin-mocha.toml"),
    ),
    (
        "catppuccin-latte",
        include_str!("../themes/catppuccin-latte.toml"),
    ),
    ("gruvbox-dark", include_str!("../themes/gruvbox-dark.toml")),
    (
        "gruvbox-light",
        include_str!("../themes/gruvbox-light.toml"),
    ),
    ("nord", include_str!("../themes/nord.toml")),
    (
        "solarized-dark",
        include_str!("../themes/solarized-dark.toml"),
    ),
    (
        "solarized-light",
        include_str!("../themes/solarized-light.toml"),
    ),
    ("tokyo-night", include_str!("../themes/tokyo-night.toml")),
    ("terminal", include_str!("../themes/terminal.toml")),
    ("mono", include_str!("../themes/mono.toml")),
];

/// What a piece of text means. There is no other source of colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Plain text.
    Text,
    /// Labels, headers, everything beside the point.
    Muted,
    /// The least important text.
    Faint,
    /// Active tab, sorted column: nothing else.
    Accent,
    /// A key that can be pressed.
    Key,
    /// The heading of a section.
    Title,
    /// Lines and column separators, the empty part of a gauge.
    Rule,
    /// The ground of everything.
    Surface,
    /// The ground of an overlay.
    Overlay,
    /// The selected row.
    Selection,
    /// As it should be.
    Ok,
    /// To be watched.
    Warn,
    /// Broken or open.
    Critical,
    /// Worth knowing.
    Info,
    /// Nobody could look.
    Unknown,
    /// A line that a change adds.
    Added,
    /// A line that a change takes away.
    Removed,
}

impl Role {
    /// Every role with the name that themes use.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::Text, "text"),
        (Self::Muted, "muted"),
        (Self::Faint, "faint"),
        (Self::Accent, "accent"),
        (Self::Key, "key"),
        (Self::Title, "title"),
        (Self::Rule, "rule"),
        (Self::Surface, "surface"),
        (Self::Overlay, "overlay"),
        (Self::Selection, "selection"),
        (Self::Ok, "ok"),
        (Self::Warn, "warn"),
        (Self::Critical, "critical"),
        (Self::Info, "info"),
        (Self::Unknown, "unknown"),
        (Self::Added, "added"),
        (Self::Removed, "removed"),
    ];

    /// Reads the name that themes use.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, own)| *own == name)
            .map(|(role, _)| role)
    }

    /// Returns the name that themes use.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Returns the role that stands in where a theme leaves this one out; the chain ends at `text`.
    const fn fallback(self) -> Option<Self> {
        match self {
            Self::Text | Self::Surface | Self::Selection => None,
            Self::Muted | Self::Accent | Self::Ok | Self::Warn | Self::Title => Some(Self::Text),
            Self::Faint | Self::Info | Self::Unknown => Some(Self::Muted),
            Self::Key => Some(Self::Accent),
            Self::Rule => Some(Self::Faint),
            Self::Overlay => Some(Self::Surface),
            Self::Critical => Some(Self::Warn),
            Self::Added => Some(Self::Ok),
            Self::Removed => Some(Self::Critical),
        }
    }
}

/// What a piece of a snippet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A name to the left of a value.
    Key,
    /// A string.
    String,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// A word of the language.
    Keyword,
}

impl Code {
    /// Every kind with the name that themes use and the role that stands in for it.
    const ALL: [(Self, &'static str, Role); 5] = [
        (Self::Key, "key", Role::Info),
        (Self::String, "string", Role::Ok),
        (Self::Number, "number", Role::Warn),
        (Self::Comment, "comment", Role::Faint),
        (Self::Keyword, "keyword", Role::Accent),
    ];
}

/// What ground a theme is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A dark one.
    Dark,
    /// A light one.
    Light,
    /// Whatever the terminal has.
    Any,
}

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// None at all, by `NO_COLOR` or by its kind: meaning is carried by modifiers.
    None,
    /// The sixteen that its user chose.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All of them.
    Truecolor,
}

/// A colour as a theme names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// The terminal's own.
    Reset,
    /// One of the terminal's sixteen.
    Ansi(u8),
    /// Exactly this one.
    Rgb(Rgb),
}

/// What one role looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    /// Foreground.
    pub fg: Option<Colour>,
    /// Background.
    pub bg: Option<Colour>,
    /// Bold, italic, underlined, reversed.
    pub modifier: Modifier,
    /// The stand-in for sixteen colours, where the theme gives one.
    pub ansi: Option<AnsiPaint>,
}

/// What one role looks like with sixteen colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnsiPaint {
    /// Foreground, or background for the roles that are grounds; `None` keeps the terminal's own.
    pub colour: Option<u8>,
    /// Bold, underlined, reversed.
    pub modifier: Modifier,
}

/// A theme: every role with its looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name, as people read it.
    pub name: String,
    /// What ground it is made for.
    pub kind: Kind,
    /// The ground it was made on. It is painted where the terminal's own is known to be of the other kind, or not known.
    pub background: Option<Rgb>,
    roles: [Paint; Role::ALL.len()],
    code: [Paint; Code::ALL.len()],
    latency: [Paint; 3],
    life: [Paint; 3],
}

impl Theme {
    /// Reads a theme. What it does not understand but can do without is a warning.
    ///
    /// `inherits` names a built-in theme.
    pub fn parse(text: &str) -> Result<(Self, Vec<Warning>), ThemeError> {
        parse::parse(text)
    }

    /// Returns every theme that is part of the program, the default first.
    pub fn built_in() -> Vec<Self> {
        // A built-in that does not parse fails a test; a user never meets it.
        BUILT_IN
            .iter()
            .filter_map(|(_, text)| Self::parse(text).ok())
            .map(|(theme, _)| theme)
            .collect()
    }

    /// Returns the name as configuration writes it: `Signal dark` is `signal-dark`.
    pub fn slug(&self) -> String {
        slug(&self.name)
    }

    /// Returns what the theme says of a role.
    pub fn paint(&self, role: Role) -> &Paint {
        &self.roles[role as usize]
    }

    /// Returns what the theme says of the three steps from a dead certificate to a young one.
    pub fn life(&self) -> &[Paint; 3] {
        &self.life
    }

    /// Returns what the theme says of the three steps from a quick answer to a slow one.
    pub fn latency(&self) -> &[Paint; 3] {
        &self.latency
    }

    /// Returns what the theme says of the five kinds of code.
    pub fn code(&self) -> &[Paint; 5] {
        &self.code
    }

    /// Makes the styles for one terminal, whose ground is `ground` where that is known.
    pub fn styles(&self, capability: Capability, ground: Option<Kind>) -> Styles {
        let mut roles = Role::ALL.map(|(role, _)| {
            let is_ground = matches!(role, Role::Surface | Role::Overlay | Role::Selection);
            match capability {
                Capability::None => without_colour(role),
                Capability::Ansi16 => sixteen(self.paint(role), is_ground),
                Capability::Ansi256 | Capability::Truecolor => full(self.paint(role), capability),
            }
        });
        let fits = self.kind == Kind::Any || ground == Some(self.kind);
        let surface = &mut roles[Role::Surface as usize];
        if let (None, Some(own), false) = (surface.bg, self.background, fits)
            && matches!(capability, Capability::Ansi256 | Capability::Truecolor)
        {
            surface.bg = Some(terminal_colour(Colour::Rgb(own), capability));
        }
        let plain = |paint: &Paint, bare: Style| match capability {
            Capability::None => bare,
            Capability::Ansi16 => sixteen(paint, false),
            Capability::Ansi256 | Capability::Truecolor => full(paint, capability),
        };
        let comment = Style::new().add_modifier(Modifier::ITALIC);
        Styles {
            roles,
            code: std::array::from_fn(|index| {
                let bare = if index == Code::Comment as usize {
                    comment
                } else {
                    Style::new()
                };
                plain(&self.code[index], bare)
            }),
            latency: std::array::from_fn(|index| plain(&self.latency[index], Style::new())),
            life: std::array::from_fn(|index| plain(&self.life[index], Style::new())),
        }
    }
}

/// Every role as a style for one terminal.
#[derive(Clone, Debug)]
pub struct Styles {
    roles: [Style; Role::ALL.len()],
    code: [Style; Code::ALL.len()],
    latency: [Style; 3],
    life: [Style; 3],
}

impl Styles {
    /// Returns styles that only have modifiers.
    pub fn without_colour() -> Self {
        let plain = Style::new();
        Self {
            roles: Role::ALL.map(|(role, _)| without_colour(role)),
            code: [plain; Code::ALL.len()],
            latency: [plain; 3],
            life: [plain; 3],
        }
    }

    /// Returns the style of a role.
    pub fn role(&self, role: Role) -> Style {
        self.roles[role as usize]
    }

    /// Returns the style of a kind of code.
    pub fn code(&self, code: Code) -> Style {
        self.code[code as usize]
    }

    /// Returns the style of a step from quick (0) to slow (2).
    pub fn latency(&self, step: usize) -> Style {
        self.latency[step.min(2)]
    }

    /// Returns the style of a step from dead (0) to young (2).
    pub fn life(&self, step: usize) -> Style {
        self.life[step.min(2)]
    }
}

/// Turns a name into the form that configuration and files use.
pub fn slug(name: &str) -> String {
    name.trim()
        .chars()
        .map(|character| match character {
            ' ' | '_' => '-',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

/// Says a role without colour. Never dim: terminals disagree about what that is.
fn without_colour(role: Role) -> Style {
    let modifier = match role {
        Role::Selection => Modifier::REVERSED.union(Modifier::BOLD),
        Role::Critical => Modifier::BOLD.union(Modifier::UNDERLINED),
        Role::Warn | Role::Accent | Role::Key | Role::Title | Role::Added => Modifier::BOLD,
        Role::Text
        | Role::Muted
        | Role::Faint
        | Role::Rule
        | Role::Surface
        | Role::Overlay
        | Role::Ok
        | Role::Info
        | Role::Unknown
        | Role::Removed => Modifier::empty(),
    };
    Style::new().add_modifier(modifier)
}

/// Says a paint with sixteen colours; without a stand-in of its own it keeps the terminal's.
fn sixteen(paint: &Paint, is_ground: bool) -> Style {
    let stand_in = paint.ansi.unwrap_or_else(|| AnsiPaint {
        colour: match if is_ground { paint.bg } else { paint.fg } {
            Some(Colour::Ansi(index)) => Some(index),
            Some(Colour::Reset | Colour::Rgb(_)) | None => None,
        },
        modifier: paint.modifier,
    });
    let style = Style::new().add_modifier(stand_in.modifier | paint.modifier);
    match stand_in.colour {
        Some(index) if is_ground => style.bg(sixteen_colour(index)),
        Some(index) => style.fg(sixteen_colour(index)),
        None => style,
    }
}

fn full(paint: &Paint, capability: Capability) -> Style {
    let mut style = Style::new().add_modifier(paint.modifier);
    style.fg = paint.fg.and_then(|colour| own_colour(colour, capability));
    style.bg = paint.bg.and_then(|colour| own_colour(colour, capability));
    style
}

fn own_colour(colour: Colour, capability: Capability) -> Option<Color> {
    match colour {
        Colour::Reset => None,
        Colour::Ansi(_) | Colour::Rgb(_) => Some(terminal_colour(colour, capability)),
    }
}

fn terminal_colour(colour: Colour, capability: Capability) -> Color {
    match colour {
        Colour::Reset => Color::Reset,
        Colour::Ansi(index) => sixteen_colour(index),
        Colour::Rgb(rgb) if capability == Capability::Ansi256 => Color::Indexed(rgb.indexed()),
        Colour::Rgb(Rgb(red, green, blue)) => Color::Rgb(red, green, blue),
    }
}

/// Names of the sixteen colours in the order of their numbers.
const SIXTEEN: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("darkgray", Color::DarkGray),
    ("lightred", Color::LightRed),
    ("lightgreen", Color::LightGreen),
    ("lightyellow", Color::LightYellow),
    ("lightblue", Color::LightBlue),
    ("lightmagenta", Color::LightMagenta),
    ("lightcyan", Color::LightCyan),
    ("white", Color::White),
];

fn sixteen_colour(index: u8) -> Color {
    SIXTEEN
        .get(usize::from(index))
        .map_or(Color::Reset, |(_, colour)| *colour)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Any => "any",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_table_is_in_the_order_of_the_enum() {
        for (index, (role, name)) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, index);
            assert_eq!(Role::from_name(name), Some(role));
        }
    }

    #[test]
    fn without_colour_no_style_has_one() {
        for theme in Theme::built_in() {
            let styles = theme.styles(Capability::None, None);
            let all = styles.roles.iter().chain(&styles.code).chain(&styles.life);
            for style in all.chain(&styles.latency) {
                assert_eq!((style.fg, style.bg), (None, None), "{}", theme.name);
            }
        }
    }

    #[test]
    fn a_ground_of_the_other_kind_is_painted() {
        let (theme, _) = Theme::parse(BUILT_IN[0].1).unwrap();
        let ground = |known| {
            theme
                .styles(Capability::Truecolor, known)
                .role(Role::Surface)
                .bg
        };
        assert_eq!(ground(Some(Kind::Dark)), None);
        assert!(ground(Some(Kind::Light)).is_some());
        assert!(ground(None).is_some());
    }
}
