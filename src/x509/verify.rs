//! Certification path and host name, judged separately, each with its reason.
