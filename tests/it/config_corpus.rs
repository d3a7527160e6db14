//! config_corpus
