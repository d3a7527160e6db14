//! Numbers and times as the screens write them: few characters, no surprise.
//!
//! Relative times count whole clock minutes, so that nothing on an idle screen changes more than once a minute.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A year of the calendar on average would be 365.2425 days; nobody reads expiry that finely.
const YEAR: i64 = 365 * DAY;

/// Returns the start of the clock minute: the time by which everything relative is reckoned.
pub(super) fn minute(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(MINUTE)).unwrap_or(at)
}

/// Returns how long it is until `end`: `3d04h`, `122d`, `-2h`.
pub(super) fn left(end: Timestamp, now: Timestamp) -> String {
    if end < now {
        return format!(
            "-{}",
            coarse(minute(now).duration_since(minute(end)).as_secs())
        );
    }
    fine(end.duration_since(minute(now)).as_secs())
}

/// Returns how long ago `then` was: `now`, `4m`, `6h`, `31d`.
pub(super) fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = minute(now).duration_since(minute(then)).as_secs();
    if seconds < MINUTE {
        "now".to_owned()
    } else {
        coarse(seconds)
    }
}

/// Returns a span with its two largest units: `3d04h`, `5h12m`, `2y041d`.
fn fine(seconds: i64) -> String {
    if seconds < HOUR {
        format!("{}m", seconds / MINUTE)
    } else if seconds < DAY {
        format!("{}h{:02}m", seconds / HOUR, seconds % HOUR / MINUTE)
    } else if seconds < 10 * DAY {
        format!("{}d{:02}h", seconds / DAY, seconds % DAY / HOUR)
    } else if seconds < 1000 * DAY {
        format!("{}d", seconds / DAY)
    } else {
        format!("{}y{:02}d", seconds / YEAR, seconds % YEAR / DAY)
    }
}

/// Returns a span with its largest unit.
fn coarse(seconds: i64) -> String {
    if seconds < HOUR {
        format!("{}m", seconds / MINUTE)
    } else if seconds < 2 * DAY {
        format!("{}h", seconds / HOUR)
    } else if seconds < 1000 * DAY {
        format!("{}d", seconds / DAY)
    } else {
        format!("{}y", seconds / YEAR)
    }
}

/// Returns a whole span, such as a certificate's lifetime, in one unit.
pub(super) fn span(duration: SignedDuration) -> String {
    coarse(duration.as_secs().max(0))
}

/// Returns milliseconds without unit: the unit stands in the header. Below ten there is one decimal.
pub(super) fn milliseconds(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros < 9_950 {
        format!("{}.{}", (micros + 50) / 1000, (micros + 50) % 1000 / 100)
    } else if micros < 99_999_500 {
        ((micros + 500) / 1000).to_string()
    } else {
        ">99s".to_owned()
    }
}

/// Returns `one thing` or `3 things`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {many}")
    }
}

/// Returns how many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Returns the text within `columns`, its end marked with `…` where it was cut.
pub(super) fn fit(text: &str, columns: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= columns || text.width() <= columns {
        return text.into();
    }
    let mut cut = String::with_capacity(columns + 3);
    let mut taken = 0;
    for character in text.chars() {
        let own = character.width().unwrap_or(0);
        if taken + own + 1 > columns {
            break;
        }
        taken += own;
        cut.push(character);
    }
    if columns > 0 {
        cut.push('…');
    }
    cut.into()
}

/// Breaks a text into lines of at most `columns`, between words where it can.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        while !line.is_empty() && line.width() + 1 + word.width() > columns {
            lines.push(std::mem::take(&mut line));
        }
        while word.width() > columns {
            let mut taken = 0;
            let end = word
                .char_indices()
                .find(|(_, character)| {
                    taken += character.width().unwrap_or(0);
                    taken > columns
                })
                .map_or(word.len(), |(at, _)| at)
                // A wide character in one column would never fit: take it all the same.
                .max(word.chars().next().map_or(1, char::len_utf8));
            lines.push(word[..end].to_owned());
            word = &word[end..];
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns where each line but the last ends, in bytes, when a line of code is broken to at most `columns`.
///
/// Nothing is left out. A break follows a blank or what parts a URL, where that leaves no line half empty.
pub(super) fn breaks(text: &str, columns: usize) -> Vec<usize> {
    let columns = columns.max(2);
    let mut ends = Vec::new();
    let (mut taken, mut start) = (0, 0);
    // The newest good place, and the columns before it.
    let mut place = None;
    for (at, character) in text.char_indices() {
        let own = character.width().unwrap_or(0);
        // Twice where a wide character does not even fit behind what a good place leaves over.
        while taken + own > columns && at > start {
            let (end, before) = place
                .take()
                .filter(|(_, before)| before * 2 >= columns)
                .unwrap_or((at, taken));
            ends.push(end);
            (start, taken) = (end, taken - before);
        }
        taken += own;
        if matches!(character, ' ' | '&' | '?' | ',') {
            place = Some((at + character.len_utf8(), taken));
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn time_left_has_two_units_while_it_matters() {
        let check = |seconds, wanted| assert_eq!(left(at(seconds), at(0)), wanted, "{seconds}");
        check(59, "0m");
        check(45 * MINUTE, "45m");
        check(5 * HOUR + 12 * MINUTE, "5h12m");
        check(3 * DAY + 4 * HOUR, "3d04h");
        check(10 * DAY - 1, "9d23h");
        check(10 * DAY, "10d");
        check(122 * DAY, "122d");
        check(5 * YEAR + DAY, "5y01d");
        check(-1, "-1m");
        check(-2 * HOUR, "-2h");
        check(-40 * DAY, "-40d");
    }

    #[test]
    fn times_ago_change_with_the_clock_minute_only() {
        assert_eq!(ago(at(59), at(59)), "now");
        assert_eq!(ago(at(59), at(60)), "1m");
        assert_eq!(ago(at(0), at(119)), "1m");
        assert_eq!(ago(at(0), at(6 * HOUR)), "6h");
        assert_eq!(ago(at(0), at(31 * DAY)), "31d");
        assert_eq!(ago(at(10), at(0)), "now");
    }

    #[test]
    fn milliseconds_lose_their_decimal_at_ten() {
        let check =
            |micros, wanted| assert_eq!(milliseconds(Duration::from_micros(micros)), wanted);
        check(0, "0.0");
        check(1_949, "1.9");
        check(9_949, "9.9");
        check(9_950, "10");
        check(41_499, "41");
        check(100_000_000, ">99s");
    }

    #[test]
    fn cut_text_says_so_and_fits() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 5), "abcd…");
        assert_eq!(fit("株式会社", 5), "株式…");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn code_breaks_where_a_url_parts() {
        assert_eq!(breaks("psql host/db?sslmode=verify-full", 16), [13, 29]);
        assert_eq!(breaks("abcdefgh", 4), [4]);
        assert!(breaks("abcd", 4).is_empty());
    }

    #[test]
    fn wrapping_keeps_every_word() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("株式", 1), ["株", "式"]);
        assert!(wrap("", 10).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "\\PC{0,40}", columns in 0usize..50) {
            proptest::prop_assert!(fit(&text, columns).width() <= columns);
        }

        #[test]
        fn broken_code_fits_and_loses_nothing(text in "[ a-z&株]{0,60}", columns in 2usize..30) {
            let mut start = 0;
            for end in breaks(&text, columns).into_iter().chain([text.len()]) {
                proptest::prop_assert!(start < end || text.is_empty());
                proptest::prop_assert!(text[start..end].width() <= columns, "{}", &text[start..end]);
                start = end;
            }
        }

        #[test]
        fn wrapped_lines_fit(text in "[ a-zé株]{0,60}", columns in 2usize..30) {
            for line in wrap(&text, columns) {
                proptest::prop_assert!(line.width() <= columns, "{}", line);
            }
        }
    }
}
