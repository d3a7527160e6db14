//! check_laws
