//! Surroundings: what the environment tells of the terminal. No question is put to the terminal itself.

use crate::theme::{Capability, Kind};

/// How many colours the terminal shows, from what the environment says.
///
/// `NO_COLOR` (no-color.org) counts where it is not empty.
pub(super) fn colours(variable: impl Fn(&str) -> Option<String>) -> Capability {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let term = variable("TERM").unwrap_or_default();
    let depth = variable("COLORTERM").unwrap_or_default();
    // Terminals that have all colours and say so by their name, where `ssh` and `sudo` take `COLORTERM` away.
    let by_name = [
        "kitty",
        "alacritty",
        "ghostty",
        "wezterm",
        "foot",
        "-direct",
    ];
    if is_set("NO_COLOR") || term == "dumb" || term.starts_with("vt1") {
        Capability::None
    } else if matches!(depth.as_str(), "truecolor" | "24bit")
        || by_name.iter().any(|name| term.contains(name))
    {
        Capability::Truecolor
    } else if term.contains("256color") {
        Capability::Ansi256
    } else {
        Capability::Ansi16
    }
}

/// Whether the terminal's ground is dark or light, where `COLORFGBG` says so (rxvt, Konsole, iTerm2): its last part is
/// the ground's number among the sixteen colours.
pub(super) fn ground(variable: impl Fn(&str) -> Option<String>) -> Option<Kind> {
    let colours = variable("COLORFGBG")?;
    let ground: u8 = colours.rsplit(';').next()?.parse().ok()?;
    match ground {
        7 | 9..=15 => Some(Kind::Light),
        0..=6 | 8 => Some(Kind::Dark),
        16.. => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], wanted: Capability) {
        assert_eq!(colours(within(variables)), wanted, "{variables:?}");
    }

    fn within(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn colours_are_as_many_as_the_environment_says() {
        check(
            &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
            Capability::Truecolor,
        );
        check(&[("TERM", "xterm-256color")], Capability::Ansi256);
        check(&[("TERM", "xterm-kitty")], Capability::Truecolor);
        check(&[("TERM", "xterm")], Capability::Ansi16);
        check(&[], Capability::Ansi16);
    }

    #[test]
    fn no_color_outweighs_everything_unless_empty() {
        let asked = [("COLORTERM", "truecolor"), ("NO_COLOR", "1")];
        check(&asked, Capability::None);
        check(
            &[("COLORTERM", "truecolor"), ("NO_COLOR", "")],
            Capability::Truecolor,
        );
    }

    #[test]
    fn ground_is_read_from_the_last_part() {
        let ground_of = |text| ground(within(&[("COLORFGBG", text)]));
        assert_eq!(ground_of("15;0"), Some(Kind::Dark));
        assert_eq!(ground_of("0;default;15"), Some(Kind::Light));
        assert_eq!(ground_of("15;default"), None);
        assert_eq!(ground(within(&[])), None);
    }
}
