//! Where everything stands: a pure function of the size and the model.
//!
//! Drawing and the mouse ask the same function, so that a click always hits what is seen. Nothing here depends on what
//! was probed, only on the configuration: a row never moves because a value changed.

use ratatui::layout::Rect;

use super::model::{Layer, Model, Screen};

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Not enough for a table: one sentence.
    Tiny,
    /// Name, severity, expiry.
    Small,
    /// A table and a few lines about the selection.
    Normal,
    /// A table beside the selection.
    Wide,
    /// A table, the selection, and a rail with horizon and events.
    Full,
}

/// Where everything stands. Parts that there is no room for are empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) class: Class,
    /// The first row: name and tabs.
    pub(super) header: Rect,
    /// The rule under the tabs.
    pub(super) rule: Rect,
    /// The verdict, or the filter.
    pub(super) summary: Rect,
    /// The broken configuration, where it is broken; else a blank line.
    pub(super) banner: Rect,
    /// What lies between banner and foot.
    pub(super) body: Rect,
    /// The header of the table.
    pub(super) columns: Rect,
    /// The rows of the table.
    pub(super) rows: Rect,
    /// What is told about the selection.
    pub(super) inspector: Rect,
    /// The horizon.
    pub(super) horizon: Rect,
    /// The latest events.
    pub(super) events: Rect,
    /// The keys.
    pub(super) footer: Rect,
    /// The column of the rule between table and selection.
    pub(super) divider: Option<u16>,
    /// The column of the rule between selection and rail.
    pub(super) rail: Option<u16>,
    /// The row of the rule above horizon and events.
    pub(super) shelf: Option<u16>,
}

/// Rows of the horizon beside or above a table: a title, the blocks, the axis, its words.
const HORIZON: u16 = 5;

/// Says where everything stands.
pub(super) fn layout(model: &Model) -> Layout {
    let (width, height) = model.size;
    let class = class(width, height);
    let line = |y: u16| Rect::new(0, y.min(height), width, u16::from(y < height));
    let empty = Rect::new(0, 0, 0, 0);
    let compact = class == Class::Small;
    let top = if compact { 2 } else { 4 };
    let foot = if compact { 1 } else { 2 };
    let body = Rect::new(0, top.min(height), width, height.saturating_sub(top + foot));
    let mut layout = Layout {
        class,
        header: line(0),
        rule: line(1),
        summary: if compact { empty } else { line(2) },
        banner: if compact { empty } else { line(3) },
        body,
        columns: empty,
        rows: body,
        inspector: empty,
        horizon: empty,
        events: empty,
        footer: line(height.saturating_sub(1)),
        divider: None,
        rail: None,
        shelf: None,
    };
    match class {
        Class::Tiny => {}
        Class::Small => small(&mut layout, model),
        Class::Normal => normal(&mut layout, model),
        Class::Wide => wide(&mut layout, model),
        Class::Full => full(&mut layout, model),
    }
    layout
}

fn class(width: u16, height: u16) -> Class {
    if width < 30 || height < 6 {
        Class::Tiny
    } else if width < 60 || height < 16 {
        Class::Small
    } else if width >= 180 && height >= 30 {
        Class::Full
    } else if width >= 110 && height >= 20 {
        Class::Wide
    } else {
        Class::Normal
    }
}

/// Cuts the header row off a table.
fn table(layout: &mut Layout, area: Rect) {
    layout.columns = Rect {
        height: area.height.min(1),
        ..area
    };
    layout.rows = Rect {
        y: area.y + layout.columns.height,
        height: area.height - layout.columns.height,
        ..area
    };
}

fn small(layout: &mut Layout, _model: &Model) {
    // The line above the foot says what is wrong with the selection.
    let body = layout.body;
    let inspector = u16::from(body.height > 3);
    layout.rows = Rect {
        height: body.height - inspector,
        ..body
    };
    layout.inspector = Rect {
        y: body.bottom() - inspector,
        height: inspector,
        ..body
    };
}

fn normal(layout: &mut Layout, model: &Model) {
    let mut body = layout.body;
    if model.screen == Screen::Expiry && body.height >= 14 {
        layout.horizon = Rect {
            height: HORIZON,
            ..body
        };
        body = Rect {
            y: body.y + HORIZON + 1,
            height: body.height - HORIZON - 1,
            ..body
        };
    }
    let wanted = match model.screen {
        Screen::Fleet => 6,
        Screen::Findings => 5,
        Screen::Expiry => 3,
        Screen::Events => 0,
        Screen::Files => 10,
    };
    let wanted = wanted.min(body.height / 2);
    // Rows that the configuration leaves free belong to the selection: one endpoint gets a page, a thousand get a list.
    let needed = match model.screen {
        Screen::Fleet => u16::try_from(model.snapshot.endpoints.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2),
        Screen::Files => u16::try_from(model.snapshot.files.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2),
        Screen::Findings | Screen::Expiry | Screen::Events => u16::MAX,
    };
    let portrait = layout.header.width <= 84 && layout.footer.y >= 45;
    let most = if portrait && wanted > 0 {
        body.height / 2
    } else {
        body.height - wanted
    };
    let height = needed.max(4).min(most);
    table(layout, Rect { height, ..body });
    if wanted > 0 {
        layout.inspector = Rect {
            y: body.y + height,
            height: body.height - height,
            ..body
        };
    }
}

fn wide(layout: &mut Layout, model: &Model) {
    let mut body = layout.body;
    if model.screen == Screen::Fleet && body.height >= 26 {
        let shelf = (body.height / 3).clamp(10, 14);
        let y = body.bottom() - shelf;
        layout.shelf = Some(y);
        layout.horizon = Rect {
            y: y + 1,
            height: HORIZON,
            ..body
        };
        layout.events = Rect {
            y: y + 1 + HORIZON,
            height: shelf - 1 - HORIZON,
            ..body
        };
        body.height -= shelf;
    }
    master_detail(layout, model, body, body.width);
}

fn full(layout: &mut Layout, model: &Model) {
    let body = layout.body;
    let rail = 34;
    let x = body.right() - rail;
    layout.rail = Some(x);
    let inner = Rect {
        x: x + 2,
        width: rail - 3,
        ..body
    };
    let horizon = 15.min(inner.height / 2);
    layout.horizon = Rect {
        height: horizon,
        ..inner
    };
    layout.events = Rect {
        y: inner.y + horizon,
        height: inner.height - horizon,
        ..inner
    };
    if model.screen == Screen::Events {
        layout.events = empty_at(inner);
        layout.horizon = Rect {
            height: inner.height,
            ..inner
        };
    }
    master_detail(
        layout,
        model,
        Rect {
            width: body.width - rail,
            ..body
        },
        body.width - rail,
    );
}

/// Divides into table and selection.
fn master_detail(layout: &mut Layout, model: &Model, mut body: Rect, width: u16) {
    if model.screen == Screen::Expiry && layout.class == Class::Wide {
        let height = (HORIZON + 4).min(body.height / 2);
        layout.horizon = Rect { height, ..body };
        body = Rect {
            y: body.y + height + 1,
            height: body.height.saturating_sub(height + 1),
            ..body
        };
    }
    if model.screen == Screen::Events && layout.class == Class::Wide {
        table(layout, body);
        return;
    }
    let share = match model.screen {
        Screen::Fleet if layout.class == Class::Full => 67,
        Screen::Fleet => 56,
        Screen::Files => 55,
        Screen::Findings | Screen::Expiry | Screen::Events => 60,
    };
    let left = u16::try_from(u32::from(width) * share / 100).unwrap_or(width);
    table(
        layout,
        Rect {
            width: left,
            ..body
        },
    );
    layout.divider = Some(left);
    layout.inspector = Rect {
        x: left + 2,
        width: width - left - 3,
        ..body
    };
}

fn empty_at(area: Rect) -> Rect {
    Rect { height: 0, ..area }
}

/// Returns where each tab stands: first column and columns taken.
pub(super) fn tabs(model: &Model) -> impl Iterator<Item = (Screen, u16, u16)> {
    let mut x = 12;
    let width = model.size.0;
    Screen::ALL.into_iter().filter_map(move |screen| {
        let taken = u16::try_from(screen.title().len() + 2).unwrap_or(0);
        let start = x;
        x += taken + 2;
        (start + taken <= width).then_some((screen, start, taken))
    })
}

/// Returns where the uppermost overlay stands, if one does.
pub(super) fn overlay(model: &Model) -> Option<Rect> {
    let (width, height) = model.size;
    let centred = |wanted_width: u16, wanted_height: u16| {
        let (w, h) = (wanted_width.min(width), wanted_height.min(height));
        Rect::new((width - w) / 2, (height - h) / 2, w, h)
    };
    match model.layers.last()? {
        Layer::Endpoint(_) | Layer::File(_) | Layer::Filter => None,
        Layer::Mend(_) => Some(centred(if width >= 140 { 110 } else { 78 }, 22.min(height))),
        Layer::Candidates(_) => Some(centred(if width >= 140 { 110 } else { 78 }, 20.min(height))),
        Layer::Fix(_) => Some(centred(
            if width >= 140 { 96 } else { 78 },
            height
                .saturating_sub(if height >= 40 { 10 } else { 2 })
                .min(40),
        )),
        Layer::Help { .. } => Some(centred(76, 28)),
        Layer::Themes { .. } => {
            let rows = u16::try_from(model.themes.len())
                .unwrap_or(u16::MAX)
                .saturating_add(5);
            let area = centred(34, rows.min(height.saturating_sub(2)));
            // At the right edge: what is beside it shows the theme.
            Some(Rect {
                x: width.saturating_sub(area.width + 2).min(width - area.width),
                ..area
            })
        }
        Layer::Palette { .. } => {
            let area = centred(72, 18);
            Some(Rect {
                y: area.y.min(4.min(height - area.height)),
                ..area
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_begin_where_the_design_says() {
        let check =
            |width, height, wanted| assert_eq!(class(width, height), wanted, "{width}x{height}");
        check(1, 1, Class::Tiny);
        check(29, 50, Class::Tiny);
        check(40, 5, Class::Tiny);
        check(40, 10, Class::Small);
        check(80, 24, Class::Normal);
        check(120, 40, Class::Wide);
        check(200, 60, Class::Full);
    }
}
