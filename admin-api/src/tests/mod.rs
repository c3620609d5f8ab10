//! The API from outside: requests in, answers out, over a real directory in a folder of its own.

mod bills;
mod changes;
mod documents;
mod examples;
mod fuzzed;
mod hostile;
mod isolation;
mod lists;
mod outlook;
mod passwords;
mod problems;
mod queries;
mod refusals;
mod rights;
mod sign_in;
mod users;
mod world;
