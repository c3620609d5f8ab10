//! EAP-TTLS.

mod section_11_2_5_pap;
mod section_11_2_challenges;
mod section_15_sessions;
mod section_9_2_2_fragmentation;
