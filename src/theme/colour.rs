//! Colour arithmetic: sRGB, Oklab, contrast, and what a colour-blind eye sees.
//!
//! It knows no role and no terminal: numbers in, numbers out.

use std::fmt;

/// A colour as the screen takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The three common kinds of dichromacy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dichromacy {
    /// No L cones: protanopia.
    Protanopia,
    /// No M cones: deuteranopia.
    Deuteranopia,
    /// No S cones: tritanopia.
    Tritanopia,
}

impl Dichromacy {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Protanopia, Self::Deuteranopia, Self::Tritanopia];

    /// Machado, Oliveira and Fernandes 2009, table 1, severity 1.0, on linear RGB.
    const fn matrix(self) -> [[f64; 3]; 3] {
        match self {
            Self::Protanopia => [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            Self::Deuteranopia => [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            Self::Tritanopia => [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        }
    }
}

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// Returns red, green and blue as light, from 0 to 1 (IEC 61966-2-1).
    pub fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    /// Returns the relative luminance (WCAG 2.2, definitions).
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Returns the contrast ratio with another colour, from 1 to 21 (WCAG 2.2, definitions).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Returns the place in the 6×6×6 cube or the grey ramp of a 256-colour terminal that lies nearest.
    pub fn indexed(self) -> u8 {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let cube = |red: u8, green: u8, blue: u8| {
            let [r, g, b] = [red, green, blue].map(|step| STEPS[usize::from(step)]);
            (16 + 36 * red + 6 * green + blue, Self(r, g, b))
        };
        let colours = (0..6u8)
            .flat_map(|red| {
                (0..6u8).flat_map(move |green| (0..6u8).map(move |blue| (red, green, blue)))
            })
            .map(|(red, green, blue)| cube(red, green, blue));
        let greys = (0..24u8).map(|step| {
            (
                232 + step,
                Self(8 + 10 * step, 8 + 10 * step, 8 + 10 * step),
            )
        });
        let own = oklab(self.linear());
        colours
            .chain(greys)
            .min_by(|(_, one), (_, two)| {
                let one = distance(own, oklab(one.linear()));
                one.total_cmp(&distance(own, oklab(two.linear())))
            })
            .map_or(15, |(index, _)| index)
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Returns a linear colour in Oklab (Björn Ottosson, 2020).
pub fn oklab([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let long = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
    let medium = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
    let short = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
    [
        0.210_454_255_3 * long + 0.793_617_785_0 * medium - 0.004_072_046_8 * short,
        1.977_998_495_1 * long - 2.428_592_205_0 * medium + 0.450_593_709_9 * short,
        0.025_904_037_1 * long + 0.782_771_766_2 * medium - 0.808_675_766_0 * short,
    ]
}

/// Returns how far apart two Oklab colours are.
pub fn distance(one: [f64; 3], two: [f64; 3]) -> f64 {
    one.iter()
        .zip(two)
        .map(|(left, right)| (left - right).powi(2))
        .sum::<f64>()
        .sqrt()
}

/// Returns how far apart two colours look to an eye; `None` is the usual eye.
pub fn apparent_distance(one: Rgb, two: Rgb, eye: Option<Dichromacy>) -> f64 {
    let seen = |colour: Rgb| {
        let light = colour.linear();
        oklab(eye.map_or(light, |kind| {
            kind.matrix().map(|row| {
                row.iter()
                    .zip(light)
                    .map(|(weight, channel)| weight * channel)
                    .sum::<f64>()
                    .clamp(0.0, 1.0)
            })
        }))
    };
    distance(seen(one), seen(two))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_is_twenty_one() {
        assert!((Rgb(0, 0, 0).contrast(Rgb(255, 255, 255)) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn white_is_lightness_one_without_hue() {
        let [lightness, a, b] = oklab(Rgb(255, 255, 255).linear());
        assert!((lightness - 1.0).abs() < 1e-4 && a.abs() < 1e-4 && b.abs() < 1e-4);
    }

    #[test]
    fn red_and_green_come_close_for_a_deuteranope() {
        let (red, green) = (Rgb(0xcc, 0x66, 0x00), Rgb(0x80, 0x90, 0x00));
        let usual = apparent_distance(red, green, None);
        let blind = apparent_distance(red, green, Some(Dichromacy::Deuteranopia));
        assert!(blind < usual / 2.0, "{blind} against {usual}");
    }

    #[test]
    fn hexadecimal_is_six_digits_after_a_hash() {
        assert_eq!(Rgb::from_hex("#0aFF10"), Some(Rgb(10, 255, 16)));
        for wrong in [
            "0aff10", "#0aff1", "#0aff100", "#0aff1g", "#+aff10", "", "#ééé",
        ] {
            assert_eq!(Rgb::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn nearest_of_256_keeps_pure_colours() {
        assert_eq!(Rgb(255, 0, 0).indexed(), 196);
        assert_eq!(Rgb(0, 0, 0).indexed(), 16);
    }
}
