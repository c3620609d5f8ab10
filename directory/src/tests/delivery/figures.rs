//! How destinations stand, all together.

use super::*;
use crate::delivery::DeliveryFigures;

/// Destinations, those that are behind, those whose attempts fail, dead letters.
fn counted(world: &World) -> [usize; 4] {
    let figures = world.directory.delivery_figures(world.now()).unwrap();
    let DeliveryFigures { destinations, behind, failing, dead_letters } = figures;
    [destinations, behind, failing, dead_letters]
}

#[test]
fn it_is_counted_what_waits_what_fails_and_what_was_put_aside() {
    let (world, acme) = ready();
    assert_eq!(counted(&world), [0; 4]);
    make(&world, acme, fields("siem", webhook())).unwrap();
    let sent = next(&world).unwrap();
    assert_eq!(counted(&world), [1, 1, 0, 0]);
    conclude(&world, sent, &failure());
    assert!(due(&world).is_empty());
    assert_eq!(counted(&world), [1, 1, 1, 0]);
    for pause in [1_000, 2_000] {
        world.pass(pause);
        assert_eq!(counted(&world)[2], 0, "it is due");
        conclude(&world, next(&world).unwrap(), &failure());
    }
    assert_eq!(counted(&world)[3], 1);
    while let Some(sent) = next(&world) {
        conclude(&world, sent, &Sent::Done);
    }
    assert_eq!(counted(&world), [1, 0, 0, 1]);
}
