//! Where a value comes from, and what IANA's registries say of it.

/// Who gave a value its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Registration {
    /// IANA's registry.
    Iana,
    /// An Internet-Draft whose value was given up or never assigned, and which was deployed all the same.
    Draft,
    /// A vendor, or another standards body, outside IANA's registry.
    Private,
}

impl Registration {
    /// Returns the word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iana => "IANA",
            Self::Draft => "draft",
            Self::Private => "private",
        }
    }
}

/// The column "Recommended" of IANA's TLS registries (RFC 8447, RFC 9847).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recommended {
    /// The IETF recommends it for its purpose.
    Yes,
    /// The IETF has made no statement, or the value is not IANA's.
    No,
    /// It should not or must not be used; the registry's references say when.
    Discouraged,
}

impl Recommended {
    /// Returns the word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Discouraged => "discouraged",
        }
    }
}
