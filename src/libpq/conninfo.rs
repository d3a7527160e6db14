//! Connection strings: libpq URIs to their parts, without the password.
