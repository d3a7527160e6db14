//! The built-in themes: they parse, they are whole, they can be read, and our own keep severities apart for every eye.

use std::collections::BTreeSet;

use ratatui::style::Color;
use verifull::theme::colour::{Dichromacy, Rgb, apparent_distance};
use verifull::theme::{BUILT_IN, Capability, Colour, Kind, Paint, Role, Theme};

/// Contrast that text needs (WCAG 2.2, 1.4.3, level AA).
const TEXT: f64 = 4.5;
/// Contrast that lines and gauges need (WCAG 2.2, 1.4.11).
const LINE: f64 = 3.0;
/// OKLab distance under which two colours in one-cell glyphs are hard to tell apart.
const APART: f64 = 0.10;

fn built_in() -> Vec<(&'static str, Theme)> {
    BUILT_IN
        .iter()
        .map(|(name, text)| {
            let (theme, warnings) =
                Theme::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(warnings.is_empty(), "{name}: {warnings:?}");
            (*name, theme)
        })
        .collect()
}

fn fg(paint: &Paint) -> Option<Rgb> {
    match paint.fg {
        Some(Colour::Rgb(rgb)) => Some(rgb),
        Some(Colour::Reset | Colour::Ansi(_)) | None => None,
    }
}

fn bg(paint: &Paint) -> Option<Rgb> {
    match paint.bg {
        Some(Colour::Rgb(rgb)) => Some(rgb),
        Some(Colour::Reset | Colour::Ansi(_)) | None => None,
    }
}

#[test]
fn every_file_of_the_folder_is_built_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let known: BTreeSet<String> = BUILT_IN
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(files, known);
}

#[test]
fn names_are_those_of_the_files() {
    for (name, theme) in built_in() {
        assert_eq!(theme.slug(), name);
    }
}

#[test]
fn every_role_is_written_with_its_stand_in() {
    for (name, text) in BUILT_IN {
        let table: toml::Table = text.parse().unwrap();
        let roles = table["role"].as_table().unwrap();
        for (role, own) in Role::ALL {
            let value = roles
                .get(own)
                .unwrap_or_else(|| panic!("{name} leaves out `{own}`"));
            let stands_in = value.as_str() == Some("reset")
                || role == Role::Surface
                || value.get("ansi").is_some();
            assert!(stands_in, "{name}: `{own}` has no `ansi`");
        }
    }
}

#[test]
fn text_and_lines_can_be_read() {
    for (name, theme) in built_in() {
        let Some(ground) = theme.background else {
            continue;
        };
        let overlay = bg(theme.paint(Role::Overlay)).unwrap_or(ground);
        for (role, own) in Role::ALL {
            let Some(colour) = fg(theme.paint(role)) else {
                continue;
            };
            let wanted = if role == Role::Rule { LINE } else { TEXT };
            let contrast = colour.contrast(ground);
            assert!(
                contrast >= wanted,
                "{name}: `{own}` {colour} on {ground} has {contrast:.2}"
            );
            // What is read in an overlay and in the selected row may lose a little, not its legibility.
            let above = bg(theme.paint(Role::Selection)).unwrap_or(ground);
            for other in [overlay, above] {
                let contrast = colour.contrast(other);
                assert!(
                    contrast >= LINE.min(wanted) - 0.2,
                    "{name}: `{own}` {colour} on {other} has {contrast:.2}"
                );
            }
        }
        for paint in theme
            .life()
            .iter()
            .chain(theme.latency())
            .chain(theme.code())
        {
            let contrast = fg(paint).map_or(21.0, |colour| colour.contrast(ground));
            assert!(
                contrast >= LINE,
                "{name}: a step of a scale has {contrast:.2}"
            );
        }
    }
}

#[test]
fn high_contrast_is_seven_and_more() {
    for (name, theme) in built_in()
        .into_iter()
        .filter(|(name, _)| name.starts_with("high-contrast"))
    {
        let ground = theme.background.unwrap();
        for (role, own) in Role::ALL
            .into_iter()
            .filter(|(role, _)| *role != Role::Rule)
        {
            let contrast = fg(theme.paint(role)).map_or(21.0, |colour| colour.contrast(ground));
            assert!(
                contrast >= 7.0,
                "{name}: `{own}` has {contrast:.2} with {role:?}"
            );
        }
    }
}

#[test]
fn severities_of_our_own_stay_apart_for_every_eye() {
    let severities = [Role::Ok, Role::Warn, Role::Critical, Role::Info];
    let eyes = [
        None,
        Some(Dichromacy::Deuteranopia),
        Some(Dichromacy::Protanopia),
        Some(Dichromacy::Tritanopia),
    ];
    let ours = [
        "signal-dark",
        "signal-light",
        "colour-blind-dark",
        "colour-blind-light",
    ];
    for (name, theme) in built_in()
        .into_iter()
        .filter(|(name, _)| ours.contains(name))
    {
        for (index, one) in severities.iter().enumerate() {
            for two in &severities[index + 1..] {
                for eye in eyes {
                    let (left, right) = (
                        fg(theme.paint(*one)).unwrap(),
                        fg(theme.paint(*two)).unwrap(),
                    );
                    let apart = apparent_distance(left, right, eye);
                    assert!(
                        apart >= APART,
                        "{name}: {one:?} and {two:?} are {apart:.3} apart for {eye:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_palette_known_to_fail_fails() {
    // Catppuccin Mocha's green and yellow, measured at 0.038 for a deuteranope at most.
    let (green, yellow) = (Rgb(0xa6, 0xe3, 0xa1), Rgb(0xf9, 0xe2, 0xaf));
    assert!(apparent_distance(green, yellow, Some(Dichromacy::Deuteranopia)) < APART);
}

#[test]
fn sixteen_colours_are_named_ones_only() {
    for (name, theme) in built_in() {
        let styles = theme.styles(Capability::Ansi16, Some(Kind::Dark));
        for (role, own) in Role::ALL {
            let style = styles.role(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(
                    !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    "{name}: `{own}` is {colour}"
                );
            }
        }
    }
}
