//! The command line, against a daemon that is really there.

mod commands;
mod contexts;
mod shells;
