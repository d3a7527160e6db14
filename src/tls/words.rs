//! What every word of the wire has: a name for printing, a number to fall back on, and a way back from both.

/// Gives a wire value its spellings. The type brings `name` and `from_name`.
macro_rules! wire_text {
    ($type:ident, $width:literal) => {
        impl $type {
            /// Returns the wire value as it is written in reports, such as `0x1301`.
            pub fn code(self) -> String {
                format!(concat!("0x{:0", $width, "X}"), self.0)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => f.pad(&self.code()),
                }
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                if let Some(value) = Self::from_name(&text) {
                    return Ok(value);
                }
                text.strip_prefix("0x")
                    .and_then(|hex| u32::from_str_radix(hex, 16).ok())
                    .and_then(|number| number.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| {
                        format!(
                            "`{text}` is neither a registered name nor a number such as `0x1301`"
                        )
                    })
            }
        }
    };
}

/// Gives a wire value its names in both directions from one table, which ascends by value.
macro_rules! wire_names {
    ($type:ident, $width:literal, [$(($code:expr, $name:expr)),* $(,)?]) => {
        impl $type {
            /// Every value that has a name, ascending.
            pub const NAMED: &'static [(Self, &'static str)] = &[$((Self($code), $name)),*];

            /// Returns the registered name, if there is one.
            pub fn name(self) -> Option<&'static str> {
                let index = Self::NAMED.binary_search_by_key(&self, |(value, _)| *value).ok()?;
                Some(Self::NAMED[index].1)
            }

            /// Returns the value that a registered name stands for.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::NAMED.iter().find(|(_, other)| *other == name).map(|(value, _)| *value)
            }
        }

        $crate::tls::words::wire_text!($type, $width);
    };
}

pub(super) use {wire_names, wire_text};
