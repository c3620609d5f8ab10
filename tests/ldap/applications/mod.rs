//! What applications expect to see: one file an application, with the messages that it is documented
//! to send.

mod active_directory;
mod domain_controllers;
mod jira;
mod jumpcloud;
mod nextcloud;
mod sssd;
mod subschema;
mod synology;
mod vcenter;
