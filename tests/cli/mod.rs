//! The command line, against a daemon that is really there.

mod among;
mod apply;
mod breaking_off;
mod can;
mod certificates;
mod codes;
mod commands;
mod contexts;
mod device_table;
mod differences;
mod first_day;
mod following;
mod founding;
mod imports;
mod order;
mod repeats;
mod shells;
mod sources;
mod tables;
mod terminal;
mod typed;
mod words;
