//! Protocol versions and cipher suites: which are offered, and every suite by version in the order of preference.
//!
//! What is bad has a mark, a colour and a word; what is well is plain, so that the bad stands out of it.

use std::borrow::Cow;

use ratatui::style::Style;

use crate::observation::Attempt;
use crate::observation::scan::{Preference, Sslv2Support};
use crate::theme::Role;
use crate::tls::{ProtocolVersion, Strength};

use super::super::super::format;
use super::super::super::matrix::{Cell, Column, Level, Matrix, Offered, Row};
use super::super::{Canvas, Strip, mark};
use super::facts::{LABEL, field};

/// Columns of a page from which on suites have their registered names.
const REGISTERED: u16 = 108;

/// Columns of a page from which on there is room for what a suite consists of.
const TAKEN_APART: u16 = 170;

/// Columns of a page below which versions that are not spoken have no column.
const NARROW: u16 = 60;

/// Cursor, mark, blank.
const INDENT: usize = 4;

/// Returns a version as people say it.
fn version_name(version: ProtocolVersion) -> String {
    let short = version.short();
    if short.starts_with(|first: char| first.is_ascii_digit()) {
        format!("TLS {short}")
    } else {
        short
    }
}

/// Puts versions in words: `SSLv3, TLS 1.0 and 1.1`.
fn listed(columns: &[&Column]) -> String {
    let mut words = String::new();
    let mut said = false;
    for (index, column) in columns.iter().enumerate() {
        words.push_str(match index {
            0 => "",
            _ if index + 1 == columns.len() => " and ",
            _ => ", ",
        });
        let name = version_name(column.version);
        match name.strip_prefix("TLS ") {
            Some(number) if said => words.push_str(number),
            Some(_) => {
                words.push_str(&name);
                said = true;
            }
            None => words.push_str(&name),
        }
    }
    words
}

/// The section.
pub(in super::super) fn protocols<'a>(
    canvas: &Canvas<'_>,
    matrix: &'a Matrix,
    sslv2: &'a Attempt<Sslv2Support>,
    width: u16,
) -> Vec<Strip<'a>> {
    let mut strips = vec![Strip::title(canvas, "Protocols and cipher suites")];
    strips.extend(versions(canvas, matrix, sslv2, width));
    if matrix.rows.is_empty() {
        return strips;
    }
    strips.extend(tally(canvas, matrix, width));
    strips.extend(preference(canvas, matrix, width));
    strips.push(Strip::new());
    let shape = Shape::of(matrix, width);
    strips.push(header(canvas, matrix, &shape));
    strips.extend(matrix.rows.iter().map(|row| line(canvas, row, &shape)));
    let undecided: Vec<&Column> = matrix
        .columns
        .iter()
        .filter(|column| column.offered == Offered::Yes && !column.complete)
        .collect();
    if !undecided.is_empty() {
        let words = format!("not every suite was asked for in {}", listed(&undecided));
        strips.push(
            Strip::new()
                .left("  ~ ", canvas.role(Role::Unknown))
                .left(words, canvas.role(Role::Muted)),
        );
    }
    strips
}

/// Which versions are offered, which are refused, and which nobody looked at.
fn versions<'a>(
    canvas: &Canvas<'_>,
    matrix: &'a Matrix,
    sslv2: &'a Attempt<Sslv2Support>,
    width: u16,
) -> Vec<Strip<'a>> {
    let muted = canvas.role(Role::Muted);
    let of = |wanted: fn(&Offered) -> bool| {
        matrix
            .columns
            .iter()
            .filter(move |column| wanted(&column.offered))
    };
    let mut strips = Vec::new();
    let offered: Vec<Item<'static>> = of(|offered| *offered == Offered::Yes)
        .map(|column| {
            let sign = mark::level(canvas, Level::of_version(column.version));
            (Some(sign), version_name(column.version))
        })
        .collect();
    if offered.is_empty() {
        strips.push(field(canvas, "offered", "none that is known"));
    } else {
        strips.extend(items(canvas, "offered", offered, Role::Text, width));
    }
    let mut refused: Vec<String> = of(|offered| *offered == Offered::No)
        .map(|column| version_name(column.version))
        .collect();
    let mut open: Vec<(Cow<'a, str>, Vec<String>)> = Vec::new();
    match sslv2 {
        // It has a column of its own.
        Attempt::Seen(_) => {}
        Attempt::Refused(_) => refused.insert(0, "SSLv2".to_owned()),
        Attempt::Failed(failure) => {
            open.push((failure.detail.as_str().into(), vec!["SSLv2".to_owned()]));
        }
        Attempt::NotAttempted(reason) => {
            open.push((reason.as_str().into(), vec!["SSLv2".to_owned()]));
        }
    }
    let refused = refused.into_iter().map(|name| (None, name)).collect();
    strips.extend(items(canvas, "refused", refused, Role::Muted, width));
    for column in of(|offered| matches!(offered, Offered::Open(_))) {
        let Offered::Open(reason) = &column.offered else {
            continue;
        };
        let name = version_name(column.version);
        match open.iter_mut().find(|(own, _)| own == reason) {
            Some((_, names)) => names.push(name),
            None => open.push((reason.as_str().into(), vec![name])),
        }
    }
    for (index, (reason, names)) in open.into_iter().enumerate() {
        let words = if reason.is_empty() {
            names.join(", ")
        } else {
            format!("{}: {reason}", names.join(", "))
        };
        let room = usize::from(width).saturating_sub(LABEL + 5);
        for (at, text) in format::wrap(&words, room).into_iter().enumerate() {
            let label = if index + at == 0 { "open" } else { "" };
            let sign = if at == 0 { "~ " } else { "  " };
            strips.push(
                field(canvas, label, "")
                    .left(sign, canvas.role(Role::Unknown))
                    .left(text, muted),
            );
        }
    }
    strips
}

/// How many suites there are of each strength.
fn tally<'a>(canvas: &Canvas<'_>, matrix: &Matrix, width: u16) -> Vec<Strip<'a>> {
    let counts = [
        Strength::Insecure,
        Strength::Weak,
        Strength::Legacy,
        Strength::Strong,
        Strength::Unknown,
    ]
    .into_iter()
    .filter_map(|strength| {
        let count = matrix.count(strength);
        let sign = mark::level(canvas, strength.into());
        (count > 0).then(|| (Some(sign), format!("{count} {}", strength.as_str())))
    })
    .collect();
    items(canvas, "suites", counts, Role::Text, width)
}

/// A word, and a mark before it where it has one.
type Item<'m> = (Option<(&'m str, Style)>, String);

/// Sets words side by side behind a label, over as many lines as they take.
fn items<'a>(
    canvas: &Canvas<'_>,
    label: &'static str,
    items: Vec<Item<'static>>,
    role: Role,
    width: u16,
) -> Vec<Strip<'a>> {
    const GAP: &str = "   ";
    let text = canvas.role(role);
    let room = usize::from(width).saturating_sub(LABEL + 2);
    let mut strips: Vec<Strip<'a>> = Vec::new();
    let mut taken = 0;
    for (sign, word) in items {
        let own = format::width(&word) + if sign.is_some() { 2 } else { 0 };
        let gap = if strips.is_empty() || taken + GAP.len() + own > room {
            strips.push(field(
                canvas,
                if strips.is_empty() { label } else { "" },
                "",
            ));
            taken = 0;
            ""
        } else {
            GAP
        };
        taken += gap.len() + own;
        let mut strip = strips.pop().unwrap_or_default().left(gap, text);
        if let Some((sign, style)) = sign {
            strip = strip.left(sign, style).left(" ", text);
        }
        strips.push(strip.left(word, text));
    }
    strips
}

/// Whose order decides, version by version where they differ.
fn preference<'a>(canvas: &Canvas<'_>, matrix: &Matrix, width: u16) -> Vec<Strip<'a>> {
    let words = |preference: Option<Preference>| match preference {
        Some(Preference::Server) => "the server's",
        Some(Preference::ServerButChacha20) => {
            "the server's, but ChaCha20 for clients that prefer it"
        }
        Some(Preference::Client) => "the client's",
        None => "not known",
    };
    let mut orders: Vec<(&'static str, Vec<&Column>)> = Vec::new();
    for column in &matrix.columns {
        if column.offered != Offered::Yes || column.version == ProtocolVersion::SSLV2 {
            continue;
        }
        let word = words(column.preference);
        match orders.iter_mut().find(|(own, _)| *own == word) {
            Some((_, columns)) => columns.push(column),
            None => orders.push((word, vec![column])),
        }
    }
    let text = if let [(word, _)] = &orders[..] {
        (*word).to_owned()
    } else {
        let parts: Vec<String> = orders
            .into_iter()
            .map(|(word, columns)| format!("{}: {word}", listed(&columns)))
            .collect();
        parts.join("; ")
    };
    let room = usize::from(width).saturating_sub(LABEL + 3);
    format::wrap(&text, room)
        .into_iter()
        .enumerate()
        .map(|(index, line)| field(canvas, if index == 0 { "order" } else { "" }, line))
        .collect()
}

/// How wide the columns of the matrix are.
struct Shape {
    registered: bool,
    apart: bool,
    name: usize,
    /// Of each version; 0 where it has no column.
    versions: Vec<usize>,
    why: usize,
}

/// Key exchange, encryption, bits, MAC.
const PARTS: [usize; 4] = [15, 18, 4, 13];

impl Shape {
    fn of(matrix: &Matrix, width: u16) -> Self {
        let versions: Vec<usize> = matrix
            .columns
            .iter()
            .map(|column| {
                let label = format::width(&column.version.short());
                match column.offered {
                    Offered::No if width < NARROW => 0,
                    // Nothing stands below: the column is as narrow as its name.
                    Offered::No => label + 1,
                    Offered::Yes | Offered::Open(_) if width < NARROW => label + 1,
                    Offered::Yes | Offered::Open(_) => label + 2,
                }
            })
            .collect();
        let registered = width >= REGISTERED;
        let apart = width >= TAKEN_APART;
        let taken = INDENT
            + versions.iter().sum::<usize>()
            + if apart {
                PARTS.iter().sum::<usize>() + PARTS.len()
            } else {
                0
            };
        let room = usize::from(width).saturating_sub(taken);
        let wanted = if registered {
            matrix.name_width
        } else {
            matrix.short_width
        };
        let name = wanted.max(5).min(room);
        Self {
            registered,
            apart,
            name,
            versions,
            why: room.saturating_sub(name + 3),
        }
    }
}

fn header<'a>(canvas: &Canvas<'_>, matrix: &Matrix, shape: &Shape) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let mut strip = Strip::new().left(format!("    {:width$}", "SUITE", width = shape.name), muted);
    if shape.apart {
        let [exchange, encryption, bits, mac] = PARTS;
        strip = strip.left(
            format!(
                " {:exchange$} {:encryption$} {:>bits$} {:mac$}",
                "KEY EXCHANGE", "ENCRYPTION", "BITS", " MAC"
            ),
            muted,
        );
    }
    for (column, width) in matrix.columns.iter().zip(&shape.versions) {
        let width = *width;
        if width == 0 {
            continue;
        }
        let label = column.version.short();
        let level = Level::of_version(column.version);
        let (word, style) = match column.offered {
            Offered::No => (label, canvas.role(Role::Faint)),
            Offered::Open(_) => (format!("~{label}"), canvas.role(Role::Unknown)),
            Offered::Yes if level < Level::Legacy => {
                let (sign, style) = mark::level(canvas, level);
                (format!("{sign}{label}"), style)
            }
            Offered::Yes => (label, canvas.role(Role::Title)),
        };
        strip = put_right(canvas, strip, word, width, style);
    }
    strip
}

fn line<'a>(canvas: &Canvas<'_>, row: &'a Row, shape: &Shape) -> Strip<'a> {
    let muted = canvas.role(Role::Muted);
    let level = Level::from(row.strength);
    let (sign, style) = mark::level(canvas, level);
    let name = if shape.registered {
        &row.name
    } else {
        &row.short
    };
    let bad = level < Level::Unknown;
    let own = if bad { style } else { canvas.role(Role::Text) };
    let fitted = format::fit(name, shape.name);
    let blank = shape.name.saturating_sub(format::width(&fitted));
    let mut strip = Strip::new()
        .left("  ", muted)
        .left(sign, style)
        .left(" ", muted)
        .left(fitted, own)
        .left(format!("{:blank$}", ""), muted);
    if shape.apart {
        let [exchange, encryption, bits, mac] = PARTS;
        let words = row.parts.as_ref().map_or_else(
            || format!("{:width$}", "", width = PARTS.iter().sum::<usize>() + 4),
            |parts| {
                format!(
                    " {:exchange$} {:encryption$} {:>bits$} {:mac$}",
                    format::fit(&parts.key_exchange, exchange),
                    format::fit(&parts.encryption, encryption),
                    parts.bits,
                    format!(" {}", parts.mac),
                )
            },
        );
        strip = strip.left(words, muted);
    }
    for (cell, width) in row.cells.iter().zip(&shape.versions) {
        if *width > 0 {
            strip = put_cell(canvas, strip, *cell, *width, own);
        }
    }
    if shape.why >= 3 && !row.why.is_empty() {
        let style = if bad { style } else { canvas.role(Role::Faint) };
        strip = strip
            .left("  ", muted)
            .left(reasons(&row.why, shape.why), style);
    }
    strip
}

/// Returns as many reasons as there is room for, at least one.
fn reasons(why: &[Cow<'static, str>], room: usize) -> String {
    let mut words = String::new();
    for reason in why {
        if words.is_empty() {
            words = format::fit(reason, room).into_owned();
        } else if format::width(&words) + 2 + format::width(reason) <= room {
            words.push_str(", ");
            words.push_str(reason);
        }
    }
    words
}

/// Adds what a version makes of a value, at the right end of its column.
pub(super) fn put_cell<'a>(
    canvas: &Canvas<'_>,
    strip: Strip<'a>,
    cell: Cell,
    width: usize,
    style: Style,
) -> Strip<'a> {
    let (word, style): (Cow<'_, str>, Style) = match cell {
        Cell::Rank(rank) => (rank.to_string().into(), style),
        Cell::Accepted => ("▪".into(), style),
        Cell::Refused => ("·".into(), canvas.role(Role::Faint)),
        Cell::Open => ("~".into(), canvas.role(Role::Unknown)),
        Cell::Nothing => ("".into(), style),
    };
    put_right(canvas, strip, word.into_owned(), width, style)
}

/// Adds a word at the right end of a column. What underlines the word leaves the blanks before it alone.
fn put_right<'a>(
    canvas: &Canvas<'_>,
    strip: Strip<'a>,
    word: String,
    width: usize,
    style: Style,
) -> Strip<'a> {
    let blank = width.saturating_sub(format::width(&word));
    strip
        .left(" ".repeat(blank), canvas.role(Role::Muted))
        .left(word, style)
}
