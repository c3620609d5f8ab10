//! The command line, against a daemon that is really there.

mod apply;
mod can;
mod commands;
mod contexts;
mod imports;
mod shells;
