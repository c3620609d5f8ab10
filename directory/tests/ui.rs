//! What must not compile: grants and actors cannot be forged, nor used for more than they are for.

#[test]
fn what_a_grant_does_not_allow_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
