//! The shell of `tenantryd`: configuration, sockets, TLS, privileges, time and the life of the
//! process. It decides nothing about organizations or roles; it carries bytes to those that do.

pub mod config;
pub mod clock;
pub mod environment;
pub mod lifecycle;
pub mod master_key;
pub mod private_file;
pub mod randomness;
