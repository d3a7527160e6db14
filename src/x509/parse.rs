//! Certificates from DER and PEM to facts.
