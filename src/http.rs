//! HTTP words: the few facts of a response head that say how a site treats transport security.
//!
//! It reads a head of at most [`LARGEST_HEAD`] bytes and never a body.

use serde::{Deserialize, Serialize};

pub mod head;

/// Largest response head that is read, in bytes. nginx and Apache send at most 8 kB of their own; twice that is generous.
pub const LARGEST_HEAD: usize = 16 * 1024;

/// What a response head says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// `Strict-Transport-Security` (RFC 6797), if it is there and can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hsts: Option<Hsts>,
    /// `Location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `Server`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Every `Set-Cookie`, its value left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Cookie>,
}

/// A `Strict-Transport-Security` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hsts {
    /// `max-age`, in seconds.
    pub max_age_seconds: u64,
    /// `includeSubDomains`.
    #[serde(default)]
    pub include_subdomains: bool,
    /// `preload`.
    #[serde(default)]
    pub preload: bool,
}

/// A cookie's name and attributes (RFC 6265). Its value is a secret and is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cookie {
    /// Name.
    pub name: String,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_site: Option<String>,
}
