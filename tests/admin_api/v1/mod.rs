//! Version 1: a file a resource.

mod admin_sessions;
mod admins;
mod api_keys;
mod billing;
mod can_i;
mod custom_attributes;
mod devices;
mod docs;
mod enrolment_links;
mod event_destinations;
mod event_times;
mod events;
mod groups;
mod imports;
mod issued_certificates;
mod organizations;
mod own_credentials;
mod passkeys;
mod radius_clients;
mod reply_profiles;
mod service_accounts;
mod sessions;
mod sign_in;
mod user_lives;
mod users;
mod wifi_profile;
