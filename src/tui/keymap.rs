//! The table of keys: key, action, place, help.
//!
//! The help overlay, the hints at the foot of each screen and the command palette are made from it; there is no second list.

use super::{Key, KeyCode};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each row of the table below says in words what the action does"
)]
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    NextFinding,
    PreviousFinding,
    NextSection,
    PreviousSection,
    Fix,
    Copy,
    CopyAll,
    Reprobe,
    ReprobeAll,
    DeepScan,
    Edit,
    Apply,
    Undo,
    Candidates,
    Filter,
    Problems,
    Sort,
    Reverse,
    Group,
    Fleet,
    Findings,
    Expiry,
    Events,
    Files,
    NextScreen,
    PreviousScreen,
    NextVariant,
    PreviousVariant,
    Pause,
    Themes,
    NextTheme,
    Mouse,
    Palette,
    Help,
    Quit,
    QuitNow,
    Suspend,
    Repaint,
    Keep,
    Clear,
    Erase,
}

/// Where a key is pressed: a screen, or the layer that lies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The fleet.
    Fleet,
    /// The findings.
    Findings,
    /// The expiry horizon.
    Expiry,
    /// The events.
    Events,
    /// The watched files.
    Files,
    /// One endpoint.
    Endpoint,
    /// One watched file.
    File,
    /// The change that a fix makes to a file.
    Mend,
    /// The hosts that files name and no endpoint covers.
    Candidates,
    /// The fix of one finding.
    Fix,
    /// The help.
    Help,
    /// The theme picker.
    Themes,
    /// The command palette, which takes text.
    Palette,
    /// The filter line, which takes text.
    Filter,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Fleet,
        Self::Findings,
        Self::Expiry,
        Self::Events,
        Self::Files,
        Self::Endpoint,
        Self::File,
        Self::Mend,
        Self::Candidates,
        Self::Fix,
        Self::Help,
        Self::Themes,
        Self::Palette,
        Self::Filter,
    ];

    /// Returns the word that the help overlay has for it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fleet => "Fleet",
            Self::Findings => "Findings",
            Self::Expiry => "Expiry",
            Self::Events => "Events",
            Self::Files => "Files",
            Self::File => "File",
            Self::Mend => "Change",
            Self::Candidates => "Candidates",
            Self::Endpoint => "Endpoint",
            Self::Fix => "Fix",
            Self::Help => "Help",
            Self::Themes => "Themes",
            Self::Palette => "Command",
            Self::Filter => "Filter",
        }
    }

    /// Tells a place where letters are text.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Palette | Self::Filter)
    }
}

/// Under which heading the help overlay shows a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Getting about.
    Move,
    /// What is seen.
    See,
    /// What is done to the selection.
    Act,
    /// The program itself.
    Program,
}

impl Group {
    /// Returns the heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::See => "See",
            Self::Act => "Act on the selection",
            Self::Program => "Program",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// What is done.
    pub action: Action,
    /// Its name in `[keys]`.
    pub name: &'static str,
    /// The keys, the one that hints show first.
    pub keys: &'static [&'static str],
    /// Where.
    pub places: &'static [Place],
    /// Under which heading.
    pub group: Group,
    /// What it does, in a few words.
    pub help: &'static str,
    /// The word beside the key at the foot of a screen; rows without one are not shown there.
    pub hint: Option<&'static str>,
}

const TABLES: &[Place] = &[
    Place::Fleet,
    Place::Findings,
    Place::Expiry,
    Place::Events,
    Place::Files,
];
const BROWSE: &[Place] = &[
    Place::Fleet,
    Place::Findings,
    Place::Expiry,
    Place::Events,
    Place::Files,
    Place::Endpoint,
    Place::File,
];
const LISTS: &[Place] = &[
    Place::Fleet,
    Place::Findings,
    Place::Expiry,
    Place::Events,
    Place::Files,
    Place::Endpoint,
    Place::File,
    Place::Mend,
    Place::Candidates,
    Place::Fix,
    Place::Help,
    Place::Themes,
];
const WITH_FINDING: &[Place] = &[
    Place::Fleet,
    Place::Findings,
    Place::Files,
    Place::Endpoint,
    Place::File,
];
const WITH_FILE: &[Place] = &[Place::Findings, Place::Files, Place::File];
const WITH_ENDPOINT: &[Place] = &[
    Place::Fleet,
    Place::Findings,
    Place::Expiry,
    Place::Events,
    Place::Endpoint,
    Place::Fix,
];

const fn row(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    places: &'static [Place],
    group: Group,
    help: &'static str,
    hint: Option<&'static str>,
) -> Row {
    Row {
        action,
        name,
        keys,
        places,
        group,
        help,
        hint,
    }
}

/// Every key of the program. The order is that of help and hints.
pub(super) static ROWS: &[Row] = &[
    row(
        Action::Up,
        "up",
        &["up", "k"],
        LISTS,
        Group::Move,
        "one up",
        None,
    ),
    row(
        Action::Down,
        "down",
        &["down", "j"],
        LISTS,
        Group::Move,
        "one down",
        None,
    ),
    row(
        Action::Up,
        "up_in_text",
        &["up", "ctrl-k"],
        &[Place::Palette, Place::Filter],
        Group::Move,
        "one up",
        None,
    ),
    row(
        Action::Down,
        "down_in_text",
        &["down", "ctrl-j"],
        &[Place::Palette, Place::Filter],
        Group::Move,
        "one down",
        None,
    ),
    row(
        Action::First,
        "first",
        &["g", "home"],
        LISTS,
        Group::Move,
        "to the first",
        None,
    ),
    row(
        Action::Last,
        "last",
        &["G", "end"],
        LISTS,
        Group::Move,
        "to the last",
        None,
    ),
    row(
        Action::PageUp,
        "page_up",
        &["pageup", "ctrl-u"],
        LISTS,
        Group::Move,
        "a page up",
        None,
    ),
    row(
        Action::PageDown,
        "page_down",
        &["pagedown", "ctrl-d"],
        LISTS,
        Group::Move,
        "a page down",
        None,
    ),
    row(
        Action::Open,
        "open",
        &["enter"],
        BROWSE,
        Group::Move,
        "open",
        Some("open"),
    ),
    row(
        Action::Keep,
        "keep",
        &["enter"],
        &[
            Place::Mend,
            Place::Candidates,
            Place::Themes,
            Place::Palette,
            Place::Filter,
        ],
        Group::Move,
        "take it",
        Some("take"),
    ),
    row(
        Action::Back,
        "back",
        &["esc"],
        TABLES,
        Group::Move,
        "out of the filter",
        None,
    ),
    row(
        Action::Back,
        "back_out",
        &["esc", "backspace"],
        &[Place::Endpoint, Place::File],
        Group::Move,
        "back",
        Some("back"),
    ),
    row(
        Action::Back,
        "close",
        &["esc", "q"],
        &[
            Place::Mend,
            Place::Candidates,
            Place::Fix,
            Place::Help,
            Place::Themes,
        ],
        Group::Move,
        "close",
        Some("close"),
    ),
    row(
        Action::Back,
        "leave",
        &["esc"],
        &[Place::Palette, Place::Filter],
        Group::Move,
        "give up",
        Some("clear"),
    ),
    row(
        Action::NextFinding,
        "next_finding",
        &["]", "n"],
        &[
            Place::Fleet,
            Place::Files,
            Place::Endpoint,
            Place::File,
            Place::Fix,
        ],
        Group::Move,
        "next finding",
        Some("finding"),
    ),
    row(
        Action::PreviousFinding,
        "previous_finding",
        &["[", "N"],
        &[
            Place::Fleet,
            Place::Files,
            Place::Endpoint,
            Place::File,
            Place::Fix,
        ],
        Group::Move,
        "previous finding",
        None,
    ),
    row(
        Action::NextSection,
        "next_section",
        &["s"],
        &[Place::Endpoint],
        Group::Move,
        "next section",
        Some("section"),
    ),
    row(
        Action::PreviousSection,
        "previous_section",
        &["S"],
        &[Place::Endpoint],
        Group::Move,
        "previous section",
        None,
    ),
    row(
        Action::NextScreen,
        "next_screen",
        &["tab"],
        BROWSE,
        Group::Move,
        "next screen",
        None,
    ),
    row(
        Action::PreviousScreen,
        "previous_screen",
        &["backtab"],
        BROWSE,
        Group::Move,
        "previous screen",
        None,
    ),
    row(
        Action::Fleet,
        "fleet",
        &["1"],
        BROWSE,
        Group::Move,
        "Fleet",
        None,
    ),
    row(
        Action::Findings,
        "findings",
        &["2"],
        BROWSE,
        Group::Move,
        "Findings",
        None,
    ),
    row(
        Action::Expiry,
        "expiry",
        &["3"],
        BROWSE,
        Group::Move,
        "Expiry",
        None,
    ),
    row(
        Action::Events,
        "events",
        &["4"],
        BROWSE,
        Group::Move,
        "Events",
        None,
    ),
    row(
        Action::Files,
        "files",
        &["5"],
        BROWSE,
        Group::Move,
        "Files",
        None,
    ),
    row(
        Action::NextVariant,
        "next_variant",
        &["right", "l"],
        &[Place::Fix, Place::Mend],
        Group::See,
        "next dialect",
        Some("dialect"),
    ),
    row(
        Action::PreviousVariant,
        "previous_variant",
        &["left", "h"],
        &[Place::Fix, Place::Mend],
        Group::See,
        "previous dialect",
        None,
    ),
    row(
        Action::Filter,
        "filter",
        &["/"],
        TABLES,
        Group::See,
        "filter",
        Some("filter"),
    ),
    row(
        Action::Clear,
        "clear",
        &["ctrl-u"],
        &[Place::Palette, Place::Filter],
        Group::See,
        "empty the line",
        None,
    ),
    row(
        Action::Erase,
        "erase",
        &["backspace", "ctrl-h"],
        &[Place::Palette, Place::Filter],
        Group::See,
        "take a letter back",
        None,
    ),
    row(
        Action::Problems,
        "problems",
        &["!"],
        TABLES,
        Group::See,
        "problems only",
        Some("problems"),
    ),
    row(
        Action::Sort,
        "sort",
        &["s"],
        &[Place::Fleet, Place::Findings, Place::Expiry],
        Group::See,
        "sort by the next column",
        Some("sort"),
    ),
    row(
        Action::Reverse,
        "reverse",
        &["S"],
        &[Place::Fleet, Place::Findings, Place::Expiry],
        Group::See,
        "sort the other way round",
        None,
    ),
    row(
        Action::Group,
        "group",
        &["b"],
        &[Place::Findings],
        Group::See,
        "by check, or one by one",
        Some("group"),
    ),
    row(
        Action::Fix,
        "fix",
        &["f"],
        WITH_FINDING,
        Group::Act,
        "how to fix it",
        Some("fix"),
    ),
    row(
        Action::Copy,
        "copy",
        &["y"],
        &[
            Place::Fleet,
            Place::Findings,
            Place::Files,
            Place::Endpoint,
            Place::File,
            Place::Fix,
        ],
        Group::Act,
        "copy the fix",
        Some("copy fix"),
    ),
    row(
        Action::CopyAll,
        "copy_all",
        &["Y"],
        &[
            Place::Fleet,
            Place::Findings,
            Place::Files,
            Place::Endpoint,
            Place::File,
            Place::Fix,
        ],
        Group::Act,
        "copy it with its steps",
        None,
    ),
    row(
        Action::Apply,
        "apply",
        &["a"],
        &[Place::Findings, Place::Files, Place::File, Place::Mend],
        Group::Act,
        "show the change, then make it",
        Some("apply"),
    ),
    row(
        Action::Undo,
        "undo",
        &["u"],
        WITH_FILE,
        Group::Act,
        "take the last change back",
        Some("undo"),
    ),
    row(
        Action::Edit,
        "edit",
        &["e"],
        &[Place::Findings, Place::Files, Place::File, Place::Mend],
        Group::Act,
        "edit the file at the line",
        Some("edit"),
    ),
    row(
        Action::Candidates,
        "candidates",
        &["c"],
        &[Place::Files, Place::File],
        Group::Act,
        "hosts that files name",
        Some("candidates"),
    ),
    row(
        Action::DeepScan,
        "deep_scan",
        &["d"],
        &[Place::Fleet, Place::Endpoint],
        Group::Act,
        "deep scan, or stop it",
        Some("scan"),
    ),
    row(
        Action::Reprobe,
        "reprobe",
        &["r"],
        WITH_ENDPOINT,
        Group::Act,
        "re-probe",
        Some("re-probe"),
    ),
    row(
        Action::ReprobeAll,
        "reprobe_all",
        &["R"],
        BROWSE,
        Group::Act,
        "re-probe everything",
        None,
    ),
    row(
        Action::Pause,
        "pause",
        &["p"],
        BROWSE,
        Group::Program,
        "pause the screen",
        Some("pause"),
    ),
    row(
        Action::Themes,
        "themes",
        &["t"],
        BROWSE,
        Group::Program,
        "choose a theme",
        Some("theme"),
    ),
    row(
        Action::NextTheme,
        "next_theme",
        &["T"],
        BROWSE,
        Group::Program,
        "next theme",
        None,
    ),
    row(
        Action::Mouse,
        "mouse",
        &["v"],
        BROWSE,
        Group::Program,
        "mouse on, off",
        None,
    ),
    row(
        Action::Palette,
        "command",
        &[":", "ctrl-p"],
        BROWSE,
        Group::Program,
        "command palette",
        None,
    ),
    row(
        Action::Help,
        "help",
        &["?", "f1"],
        LISTS,
        Group::Program,
        "help",
        None,
    ),
    row(
        Action::Quit,
        "quit",
        &["q"],
        BROWSE,
        Group::Program,
        "quit",
        None,
    ),
    row(
        Action::QuitNow,
        "quit_now",
        &["ctrl-c"],
        &Place::ALL,
        Group::Program,
        "quit from anywhere",
        None,
    ),
    row(
        Action::Suspend,
        "suspend",
        &["ctrl-z"],
        &Place::ALL,
        Group::Program,
        "suspend",
        None,
    ),
    row(
        Action::Repaint,
        "repaint",
        &["ctrl-l"],
        &Place::ALL,
        Group::Program,
        "paint anew",
        None,
    ),
];

/// The table with the user's own keys in it.
#[derive(Clone, Debug)]
pub struct Keymap {
    keys: Vec<Vec<Key>>,
}

impl Keymap {
    /// Puts the user's keys in the place of the table's, by the name of a row. What cannot be is said in words.
    pub fn new(remaps: &[(String, String)]) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let mut keys: Vec<Vec<Key>> = ROWS
            .iter()
            .map(|row| row.keys.iter().filter_map(|key| parse_key(key)).collect())
            .collect();
        for (name, wanted) in remaps {
            let Some(index) = ROWS.iter().position(|row| row.name == name) else {
                problems.push(format!(
                    "no action is called `{}`",
                    crate::text::printable_within(name, 40)
                ));
                continue;
            };
            let parsed: Option<Vec<Key>> = wanted.split_whitespace().map(parse_key).collect();
            let Some(wanted) = parsed.filter(|parsed| !parsed.is_empty()) else {
                problems.push(format!(
                    "`{}` is no key",
                    crate::text::printable_within(wanted, 40)
                ));
                continue;
            };
            let clash = wanted.iter().find_map(|key| {
                let rival = ROWS.iter().enumerate().find(|(other, row)| {
                    *other != index
                        && keys[*other].contains(key)
                        && row
                            .places
                            .iter()
                            .any(|place| ROWS[index].places.contains(place))
                });
                rival.map(|(_, row)| format!("`{}` is taken by `{}`", spell(*key), row.name))
            });
            match clash {
                Some(clash) => problems.push(clash),
                None => keys[index] = wanted,
            }
        }
        (Self { keys }, problems)
    }

    /// Returns what a key does at a place.
    pub fn action(&self, place: Place, key: Key) -> Option<Action> {
        ROWS.iter()
            .zip(&self.keys)
            .find(|(row, keys)| row.places.contains(&place) && keys.contains(&key))
            .map(|(row, _)| row.action)
    }

    /// Returns the rows of a place with their keys as people read them.
    pub fn rows(&self, place: Place) -> impl Iterator<Item = (&'static Row, Vec<String>)> + '_ {
        ROWS.iter()
            .zip(&self.keys)
            .filter(move |(row, _)| row.places.contains(&place))
            .map(|(row, keys)| (row, keys.iter().map(|key| spell(*key)).collect()))
    }

    /// Returns the first key of an action at a place, as people read it.
    pub fn key(&self, place: Place, action: Action) -> Option<String> {
        ROWS.iter()
            .zip(&self.keys)
            .find(|(row, _)| row.action == action && row.places.contains(&place))
            .and_then(|(_, keys)| keys.first())
            .map(|key| spell(*key))
    }
}

/// Reads a key: `r`, `enter`, `ctrl-p`, `alt-x`, `f5`.
pub fn parse_key(text: &str) -> Option<Key> {
    let (mut control, mut alt, mut rest) = (false, false, text);
    loop {
        if let Some(more) = rest.strip_prefix("ctrl-") {
            (control, rest) = (true, more);
        } else if let Some(more) = rest.strip_prefix("alt-") {
            (alt, rest) = (true, more);
        } else {
            break;
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        _ => {
            let mut characters = rest.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) if !only.is_control() => KeyCode::Char(only),
                (Some('f'), Some(_)) => KeyCode::Function(
                    rest[1..]
                        .parse()
                        .ok()
                        .filter(|number| (1..=24).contains(number))?,
                ),
                _ => return None,
            }
        }
    };
    Some(Key { code, control, alt })
}

/// Writes a key as people read it.
pub fn spell(key: Key) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(character) if key.control => character.to_uppercase().to_string(),
        KeyCode::Char(character) => character.to_string(),
        KeyCode::Enter => "Enter".to_owned(),
        KeyCode::Esc => "Esc".to_owned(),
        KeyCode::Tab => "Tab".to_owned(),
        KeyCode::BackTab => "Shift+Tab".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        KeyCode::Delete => "Del".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::Home => "Home".to_owned(),
        KeyCode::End => "End".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::Function(number) => format!("F{number}"),
    };
    let control = if key.control { "Ctrl+" } else { "" };
    let alt = if key.alt { "Alt+" } else { "" };
    format!("{control}{alt}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things_in_one_place() {
        for place in Place::ALL {
            let mut seen = std::collections::BTreeMap::new();
            for row in ROWS.iter().filter(|row| row.places.contains(&place)) {
                for key in row.keys {
                    let before = seen.insert(key, row.name);
                    assert_eq!(before, None, "`{key}` on {place:?} is also `{}`", row.name);
                }
            }
        }
    }

    #[test]
    fn every_row_has_keys_that_parse_and_a_name_of_its_own() {
        let mut names = std::collections::BTreeSet::new();
        for row in ROWS {
            assert!(
                !row.keys.is_empty() && !row.places.is_empty(),
                "{}",
                row.name
            );
            assert!(
                row.keys.iter().all(|key| parse_key(key).is_some()),
                "{}",
                row.name
            );
            assert!(names.insert(row.name), "{} twice", row.name);
        }
    }

    #[test]
    fn letters_are_text_where_text_is_taken() {
        for row in ROWS
            .iter()
            .filter(|row| row.places.iter().any(|place| place.takes_text()))
        {
            for key in row.keys.iter().filter_map(|key| parse_key(key)) {
                assert!(
                    key.control || !matches!(key.code, KeyCode::Char(_)),
                    "{}",
                    row.name
                );
            }
        }
    }

    #[test]
    fn every_place_can_be_left() {
        for place in Place::ALL {
            assert!(
                ROWS.iter()
                    .any(|row| row.places.contains(&place) && row.action == Action::Back),
                "{place:?}"
            );
        }
    }

    #[test]
    fn own_keys_replace_and_collisions_are_said() {
        let remap = |name: &str, key: &str| (name.to_owned(), key.to_owned());
        let (keymap, problems) = Keymap::new(&[
            remap("reprobe", "x ctrl-r"),
            remap("sort", "q"),
            remap("fly", "f"),
            remap("pause", "hyper-p"),
        ]);
        assert_eq!(
            problems,
            [
                "`q` is taken by `quit`",
                "no action is called `fly`",
                "`hyper-p` is no key"
            ]
        );
        let key = |text| parse_key(text).unwrap();
        assert_eq!(keymap.action(Place::Fleet, key("x")), Some(Action::Reprobe));
        assert_eq!(
            keymap.action(Place::Fleet, key("ctrl-r")),
            Some(Action::Reprobe)
        );
        assert_eq!(keymap.action(Place::Fleet, key("r")), None);
        assert_eq!(keymap.action(Place::Fleet, key("s")), Some(Action::Sort));
    }
}
