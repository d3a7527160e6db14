//! A place to draw on: text at a cell, lines of pieces, grounds.
//!
//! Everything is clipped: no caller can draw outside the frame, whatever its arithmetic.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::theme::{Role, Styles};

use super::super::format;

/// A frame's cells with the styles of the theme.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    pub(super) styles: &'a Styles,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, styles: &'a Styles) -> Self {
        Self { buffer, styles }
    }

    /// Returns the style of a role.
    pub(super) fn role(&self, role: Role) -> Style {
        self.styles.role(role)
    }

    /// Paints the ground of everything.
    pub(super) fn ground(&mut self) {
        let style = self.role(Role::Text).patch(self.role(Role::Surface));
        let area = self.buffer.area;
        self.buffer.set_style(area, style);
    }

    /// Writes text that takes at most `width` columns and returns the column after it.
    pub(super) fn put(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() || width == 0 {
            return x;
        }
        let room = usize::from(width.min(area.right() - x));
        if text.len() <= room && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.put_ascii(x, y, text, style);
        }
        let text = format::fit(text, room);
        self.buffer.set_stringn(x, y, text, room, style).0
    }

    /// Writes ASCII that fits, a byte a cell: most text is such, and needs no search for graphemes and their widths.
    fn put_ascii(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        let end = u16::try_from(text.len()).map_or(u16::MAX, |length| x.saturating_add(length));
        for (x, character) in (x..end).zip(text.chars()) {
            self.buffer[(x, y)].set_char(character).set_style(style);
        }
        end
    }

    /// Writes text that ends before column `x + width`.
    pub(super) fn put_right(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) {
        let taken = u16::try_from(format::width(text))
            .unwrap_or(u16::MAX)
            .min(width);
        self.put(x + (width - taken), y, taken, text, style);
    }

    /// Repeats one symbol.
    pub(super) fn line(&mut self, x: u16, y: u16, width: u16, symbol: &str, style: Style) {
        let area = self.buffer.area;
        if y < area.bottom() {
            for x in x..x.saturating_add(width).min(area.right()) {
                self.buffer[(x, y)].set_symbol(symbol).set_style(style);
            }
        }
    }

    /// Lays a style over cells that are already written.
    pub(super) fn tint(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        self.buffer.set_style(area, style);
    }

    /// Draws the frame of an overlay and clears what is inside; returns the inside.
    pub(super) fn overlay(&mut self, area: Rect, title: &str) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 4 || area.height < 3 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let ground = self
            .role(Role::Text)
            .patch(self.role(Role::Surface))
            .patch(self.role(Role::Overlay));
        for position in area.positions() {
            self.buffer[position].reset();
        }
        self.buffer.set_style(area, ground);
        let rule = self.role(Role::Rule);
        let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
        self.line(left + 1, top, area.width - 2, "─", rule);
        self.line(left + 1, bottom, area.width - 2, "─", rule);
        for y in top + 1..bottom {
            self.put(left, y, 1, "│", rule);
            self.put(right, y, 1, "│", rule);
        }
        for (x, y, corner) in [
            (left, top, "╭"),
            (right, top, "╮"),
            (left, bottom, "╰"),
            (right, bottom, "╯"),
        ] {
            self.put(x, y, 1, corner, rule);
        }
        let style = self.role(Role::Title);
        self.put(left + 2, top, area.width - 4, &format!(" {title} "), style);
        Rect::new(left + 2, top + 1, area.width - 4, area.height - 2)
    }

    /// Draws a rule across an overlay, joined to its frame.
    pub(super) fn crossbar(&mut self, area: Rect, y: u16) {
        let rule = self.role(Role::Rule);
        self.line(area.x, y, area.width, "─", rule);
        self.put(area.x, y, 1, "├", rule);
        self.put(area.right().saturating_sub(1), y, 1, "┤", rule);
    }

    /// Draws a line of pieces: what stands right keeps its place, what stands left is cut.
    pub(super) fn strip(&mut self, x: u16, y: u16, width: u16, strip: &Strip<'_>) {
        let right = u16::try_from(strip.right_width())
            .unwrap_or(u16::MAX)
            .min(width);
        let end = x + width - right;
        let mut at = end;
        for (text, style) in &strip.right {
            at = self.put(at, y, (x + width).saturating_sub(at), text, *style);
        }
        let limit = if right > 0 {
            end.saturating_sub(1)
        } else {
            end
        };
        let mut at = x;
        for (text, style) in &strip.left {
            if at >= limit && at > x && !text.trim().is_empty() {
                // The piece before fitted to the cell: that more follows must be said all the same.
                self.put(at - 1, y, 1, "…", *style);
                break;
            }
            at = self.put(at, y, limit.saturating_sub(at), text, *style);
        }
    }

    /// Draws lines of pieces from the top, as many as fit.
    pub(super) fn strips(&mut self, area: Rect, strips: &[Strip<'_>]) {
        for (strip, y) in strips.iter().zip(area.y..area.bottom()) {
            self.strip(area.x, y, area.width, strip);
        }
    }

    /// Puts the mark of the selection over a row.
    pub(super) fn selected(&mut self, area: Rect) {
        let style = self.role(Role::Selection);
        if style.add_modifier.contains(Modifier::REVERSED) {
            // Reversed colours would make a patchwork of the row.
            self.tint(area, Style::new().fg(ratatui::style::Color::Reset));
        }
        self.tint(area, style);
        let mark = self.role(Role::Accent).patch(style);
        self.put(area.x, area.y, 1, "▌", mark);
    }

    /// Makes a run of cells bold.
    pub(super) fn bold(&mut self, x: u16, y: u16, width: u16) {
        self.tint(
            Rect::new(x, y, width, 1),
            Style::new().add_modifier(Modifier::BOLD),
        );
    }

    /// Puts ASCII in the place of everything else.
    pub(super) fn only_ascii(&mut self) {
        for cell in &mut self.buffer.content {
            if !cell.symbol().is_ascii() {
                let plain = plain(cell.symbol());
                cell.set_symbol(plain);
            }
        }
    }
}

/// A line of styled pieces, some at its left end and some at its right.
#[derive(Clone, Debug, Default)]
pub(super) struct Strip<'a> {
    left: Vec<(Cow<'a, str>, Style)>,
    right: Vec<(Cow<'a, str>, Style)>,
}

impl<'a> Strip<'a> {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a piece at the left end.
    pub(super) fn left(mut self, text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        self.left.push((text.into(), style));
        self
    }

    /// Adds a piece at the right end.
    pub(super) fn right(mut self, text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        self.right.push((text.into(), style));
        self
    }

    /// Returns the heading of a section.
    pub(super) fn title(canvas: &Canvas<'_>, text: impl Into<Cow<'a, str>>) -> Self {
        Self::new()
            .left("▎", canvas.role(Role::Rule))
            .left(text, canvas.role(Role::Title))
    }

    /// Returns how many columns the left end would take.
    pub(super) fn left_width(&self) -> usize {
        self.left.iter().map(|(text, _)| format::width(text)).sum()
    }

    /// Returns how many columns the right end takes.
    pub(super) fn right_width(&self) -> usize {
        self.right.iter().map(|(text, _)| format::width(text)).sum()
    }
}

/// Returns the ASCII that stands for a symbol; `?` where there is none.
fn plain(symbol: &str) -> &'static str {
    match symbol {
        "✗" => "X",
        "✓" | "╭" | "╮" | "╰" | "╯" | "├" | "┤" | "┴" | "┬" | "┼" => "+",
        "⊘" => "0",
        "›" | "▌" | "→" | "▸" => ">",
        "←" | "◂" => "<",
        "↑" | "▴" | "▇" => "^",
        "↓" | "▾" => "v",
        "·" | "╌" | "…" => ".",
        "━" | "█" => "#",
        "─" | "—" | "–" | "−" | "▃" | "▄" | "⠹" | "⠦" => "-",
        "│" | "▎" | "▏" | "⠋" | "⠼" => "|",
        "▁" | "▂" => "_",
        "▅" | "▆" => "=",
        "×" => "x",
        "▪" => "*",
        "⠙" | "⠴" => "/",
        "⠸" | "⠧" | "↳" => "\\",
        "“" | "”" => "\"",
        "‘" | "’" => "'",
        _ => "?",
    }
}
